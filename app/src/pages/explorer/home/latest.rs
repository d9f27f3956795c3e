use leptos::prelude::*;
use types::explorer::{BlockSummary, TransactionStatus, TransactionSummary};

use crate::pages::explorer::party::{BlockLink, PartyLink, TransactionLink};
use crate::pages::explorer::path;
use crate::pages::explorer::tables::method_badge;
use crate::ui::{
    Badge, Card, Coins, ControlSize, EmptyState, IconName, LinkButton, Time, Tone, count,
};

/// The newest blocks, one a line.
#[component]
pub(super) fn LatestBlocks(blocks: Vec<BlockSummary>) -> impl IntoView {
    let lines = match blocks.is_empty() {
        true => view! {
            <EmptyState icon=IconName::List title="No blocks yet">
                <p>"The first block appears here as soon as the index has it."</p>
            </EmptyState>
        }
        .into_any(),
        false => view! {
            <ul class="latest" aria-label="Newest blocks">
                {blocks.into_iter().map(|block| view! { <BlockLine block /> }).collect_view()}
            </ul>
        }
        .into_any(),
    };
    view! {
        <Card
            title="Latest blocks"
            flush=true
            actions=|| view! { <LinkButton href=path::BLOCKS size=ControlSize::Small>"All blocks"</LinkButton> }
        >
            {lines}
        </Card>
    }
}

#[component]
fn BlockLine(block: BlockSummary) -> impl IntoView {
    view! {
        <li class="latest-line">
            <span class="latest-main">
                <BlockLink number=block.number />
                <span class="text-muted"><Time at=block.timestamp /></span>
            </span>
            <span class="latest-side">
                <PartyLink party=block.signer />
            </span>
            <span class="latest-end">{transactions(block.transactions)}</span>
        </li>
    }
}

fn transactions(number: u64) -> String {
    match number {
        0 => "empty".to_owned(),
        1 => "1 transaction".to_owned(),
        number => format!("{} transactions", count(number)),
    }
}

/// The newest transactions, one a line.
#[component]
pub(super) fn LatestTransactions(transactions: Vec<TransactionSummary>) -> impl IntoView {
    let lines = match transactions.is_empty() {
        true => view! {
            <EmptyState icon=IconName::List title="No transactions yet">
                <p>"Send one with your wallet, and it appears here once it is mined."</p>
            </EmptyState>
        }
        .into_any(),
        false => view! {
            <ul class="latest" aria-label="Newest transactions">
                {transactions.into_iter()
                    .map(|transaction| view! { <TransactionLine transaction /> })
                    .collect_view()}
            </ul>
        }
        .into_any(),
    };
    view! {
        <Card
            title="Latest transactions"
            flush=true
            actions=|| view! {
                <LinkButton href=path::TRANSACTIONS size=ControlSize::Small>"All transactions"</LinkButton>
            }
        >
            {lines}
        </Card>
    }
}

#[component]
fn TransactionLine(transaction: TransactionSummary) -> impl IntoView {
    let has_failed = transaction.status == TransactionStatus::Failed;
    let to = match transaction.to.or(transaction.created) {
        Some(party) => view! { <PartyLink party /> }.into_any(),
        None => view! { <span class="text-muted">"new contract"</span> }.into_any(),
    };
    view! {
        <li class="latest-line">
            <span class="latest-main">
                <TransactionLink hash=transaction.hash />
                <span class="text-muted"><Time at=transaction.moment.at /></span>
            </span>
            <span class="latest-side">
                <PartyLink party=transaction.from />
                <span aria-label="to" role="img">"→"</span>
                {to}
            </span>
            <span class="latest-end">
                {has_failed.then(|| view! { <Badge tone=Tone::Danger>"Failed"</Badge> })}
                {method_badge(transaction.method)}
                <Coins wei=transaction.value />
            </span>
        </li>
    }
}
