//! What a transaction changed, account by account.

use std::fmt::Display;

use leptos::prelude::*;
use types::explorer::{AccountChange, Change, SlotChange, TransactionHash};
use types::quantity::readable_bytes;

use crate::actions::explorer::read_transaction_state_changes;
use crate::pages::explorer::list::{Empty, empty_list};
use crate::pages::explorer::part::section_of;
use crate::pages::explorer::party::PartyLink;
use crate::pages::loading::loaded;
use crate::ui::{Card, Cell, Coins, Column, IconName, KeyValue, KeyValues, Table};

/// Accounts that one page shows.
const SHOWN_MAX: usize = 200;

const NO_CHANGES: Empty = Empty {
    icon: IconName::List,
    title: "Nothing was changed",
    text: "Balances, nonces, code and storage that a transaction changes would be listed here.",
};

#[component]
pub(super) fn StateTab(hash: TransactionHash) -> impl IntoView {
    let changes = Resource::new_blocking(move || hash, read_transaction_state_changes);
    loaded(changes, |part| {
        section_of(
            part,
            "State changes",
            |changes| view! { <StateChanges changes /> },
        )
    })
}

#[component]
pub(in crate::pages::explorer) fn StateChanges(changes: Vec<AccountChange>) -> impl IntoView {
    if changes.is_empty() {
        return view! { <Card>{empty_list(NO_CHANGES)}</Card> }.into_any();
    }
    view! {
        <div class="grid gap-4">
            {changes.into_iter().take(SHOWN_MAX)
                .map(|change| view! { <Account change /> })
                .collect_view()}
        </div>
    }
    .into_any()
}

#[component]
fn Account(change: AccountChange) -> impl IntoView {
    let AccountChange {
        party,
        balance,
        nonce,
        code_bytes,
        slots,
    } = change;
    view! {
        <Card>
            <h2 class="state-account"><PartyLink party /></h2>
            <KeyValues>
                {balance.map(|balance| view! {
                    <KeyValue label="Balance">
                        <Coins wei=balance.before /> <Arrow /> <Coins wei=balance.after />
                    </KeyValue>
                })}
                {nonce.map(|nonce| view! { <KeyValue label="Nonce">{plain(nonce)}</KeyValue> })}
                {code_bytes.map(|code| view! {
                    <KeyValue label="Code">
                        {readable_bytes(code.before)} <Arrow /> {readable_bytes(code.after)}
                    </KeyValue>
                })}
            </KeyValues>
            {(!slots.is_empty()).then(|| view! { <Slots slots /> })}
        </Card>
    }
}

fn plain<T: Display>(change: Change<T>) -> impl IntoView + use<T> {
    view! { {change.before.to_string()} <Arrow /> {change.after.to_string()} }
}

#[component]
fn Arrow() -> impl IntoView {
    view! { <span class="change-arrow" aria-label="became" role="img">" → "</span> }
}

#[component]
fn Slots(slots: Vec<SlotChange>) -> impl IntoView {
    let columns = vec![
        Column::new("Storage slot"),
        Column::new("Before"),
        Column::new("After"),
    ];
    view! {
        <div class="state-slots">
            <Table caption="Storage" columns>
                {slots.into_iter().map(|slot| view! {
                    <tr>
                        <Cell label="Storage slot"><span class="mono word">{slot.slot.to_string()}</span></Cell>
                        <Cell label="Before"><span class="mono word">{slot.before.to_string()}</span></Cell>
                        <Cell label="After"><span class="mono word">{slot.after.to_string()}</span></Cell>
                    </tr>
                }).collect_view()}
            </Table>
        </div>
    }
}
