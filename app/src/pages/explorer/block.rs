//! `/explorer/block/:number_or_hash`: one block, or the wait for it.

mod details;
mod future;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use types::explorer::{BlockId, BlockLookup, BlockView};

pub(super) use details::{BlockFacts, Confirmations};
use future::{FutureBlock, NotIndexedYet};

use super::feed::{Follows, live_but_same};
use super::list::{Empty, ListPlace, list_card, use_after};
use super::missing::NotThere;
use super::path;
use super::tables::transaction_table;
use crate::actions::explorer::{read_block, read_block_transactions};
use crate::pages::loading::loaded;
use crate::ui::{ControlSize, IconName, LinkButton, PageHeader, count};

const NO_TRANSACTIONS: Empty = Empty {
    icon: IconName::List,
    title: "This block is empty",
    text: "It holds no transactions: on a quiet chain such a block tells that its signers are there.",
};

/// One block.
#[component]
pub fn BlockPage() -> impl IntoView {
    let parameters = use_params_map();
    let id = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("number_or_hash")
                .and_then(path::parse_block_id)
        })
    });
    move || {
        match id.get() {
        Some(id) => view! { <BlockOf id /> }.into_any(),
        None => view! {
            <NotThere title="This names no block">
                <p>"A block is named by its number, as in /explorer/block/1024, or by its hash: 0x and 64 hexadecimal digits."</p>
            </NotThere>
        }
        .into_any(),
    }
    }
}

#[component]
fn BlockOf(id: BlockId) -> impl IntoView {
    // A block that is there stays as it is; but a number may name another one after a
    // reorganisation, and one that is not there yet will come.
    live_but_same(
        Memo::new(move |_| id),
        |_| Follows::EachBlock,
        is_same,
        read_block,
        |id, lookup| lookup_view(*id, lookup),
    )
}

/// The count of blocks on top grows by itself.
fn is_same(shown: &BlockLookup, newer: &BlockLookup) -> bool {
    match (shown, newer) {
        (BlockLookup::Block(shown), BlockLookup::Block(newer)) => {
            shown.summary.hash == newer.summary.hash && shown.next == newer.next
        }
        _ => shown == newer,
    }
}

pub(super) fn lookup_view(id: BlockId, lookup: BlockLookup) -> AnyView {
    match lookup {
        BlockLookup::Block(block) => view! { <Block block=*block /> }.into_any(),
        BlockLookup::Future {
            number,
            blocks_left,
            expected_at,
        } => view! { <FutureBlock number blocks_left expected_at /> }.into_any(),
        BlockLookup::NotIndexed { number } => view! { <NotIndexedYet number /> }.into_any(),
        BlockLookup::Unknown => view! {
            <NotThere title="There is no such block">
                <p>{match id {
                    BlockId::Hash(_) => "No block of this chain has that hash. If you had it from here, the chain has replaced the block since.",
                    BlockId::Number(_) => "The chain has no block of that number.",
                }}</p>
            </NotThere>
        }
        .into_any(),
    }
}

#[component]
pub(super) fn Block(block: BlockView) -> impl IntoView {
    let number = block.summary.number;
    let (previous, next) = (block.previous, block.next);
    view! {
        <PageHeader
            title=format!("Block {}", count(number))
            actions=move || view! { <Neighbours previous next /> }
        />
        <BlockFacts block />
        <h2 class="section-title">"Transactions"</h2>
        <BlockTransactions number />
    }
}

#[component]
fn Neighbours(previous: Option<u64>, next: Option<u64>) -> impl IntoView {
    view! {
        {previous.map(|number| view! {
            <LinkButton href=path::block(number) size=ControlSize::Small icon=IconName::ChevronLeft>"Previous"</LinkButton>
        })}
        {next.map(|number| view! {
            <LinkButton href=path::block(number) size=ControlSize::Small icon=IconName::ChevronRight>"Next"</LinkButton>
        })}
    }
}

#[component]
fn BlockTransactions(number: u64) -> impl IntoView {
    let place = ListPlace::new(path::block(number), "transactions");
    let after = use_after();
    let page = Resource::new_blocking(
        move || after.get(),
        move |after| read_block_transactions(number, after),
    );
    loaded(page, move |page| {
        let has_page_before = after.with_untracked(Option::is_some);
        list_card(&place, NO_TRANSACTIONS, has_page_before, page, |rows| {
            transaction_table(rows, None)
        })
    })
}
