//! `/explorer`: what happens on the chain right now.

mod activity;
mod latest;
mod totals;

use leptos::prelude::*;
use leptos_router::components::Form;
use types::explorer::Home;

use activity::ActivityCard;
use latest::{LatestBlocks, LatestTransactions};
use totals::{GasCard, Totals};

use super::feed::{Follows, live};
use super::path;
use crate::actions::explorer::read_home;
use crate::ui::{Button, ButtonKind, PageHeader, SearchField};

/// The explorer's first page.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <PageHeader title="Explorer" description="Blocks, transactions and contracts of this site's chain, as they happen." />
        <Form method="GET" action=path::SEARCH attr:class="explorer-search">
            <SearchField
                name="q"
                label="Search the chain"
                placeholder="Address, transaction, block, token or name"
            />
            <Button kind=ButtonKind::Submit>"Search"</Button>
        </Form>
        {live(Memo::new(|_| ()), |()| Follows::EachBlock, |()| read_home(), |(), home| view! { <HomeView home /> })}
    }
}

#[component]
pub(super) fn HomeView(home: Home) -> impl IntoView {
    let Home {
        status: _,
        totals,
        blocks,
        transactions,
        chart,
        gas,
        block_time_ms,
        transactions_per_1000_s,
    } = home;
    view! {
        <Totals totals block_time_ms transactions_per_1000_s />
        <div class="explorer-columns">
            <ActivityCard chart />
            <GasCard gas />
        </div>
        <div class="explorer-columns is-even">
            <LatestBlocks blocks />
            <LatestTransactions transactions />
        </div>
    }
}
