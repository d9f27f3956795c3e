use leptos::prelude::*;
use types::explorer::{BlockSummary, BlockView};
use types::quantity::readable_bytes;

use crate::pages::explorer::feed::use_chain_feed;
use crate::pages::explorer::party::PartyLink;
use crate::pages::explorer::path;
use crate::pages::explorer::tables::percent;
use crate::ui::{Card, Coins, CopyButton, GasPrice, KeyValue, KeyValues, Time, count};

/// Everything in a block's header, the everyday part first.
#[component]
pub(in crate::pages::explorer) fn BlockFacts(block: BlockView) -> impl IntoView {
    let BlockView {
        summary,
        confirmations,
        details,
        ..
    } = block;
    let number = summary.number;
    view! {
        <Card>
            <Everyday summary confirmations token_transfers=details.token_transfers />
            <details class="disclosure header-details">
                <summary>"The header in full"</summary>
                <KeyValues>
                    {(number > 0).then(|| view! {
                        <KeyValue label="Parent hash">
                            <a class="reference-link mono" href=path::block_by_hash(details.parent_hash)>
                                {details.parent_hash.to_string()}
                            </a>
                        </KeyValue>
                    })}
                    <KeyValue label="State root">{mono(details.state_root.to_string())}</KeyValue>
                    <KeyValue label="Transactions root">{mono(details.transactions_root.to_string())}</KeyValue>
                    <KeyValue label="Receipts root">{mono(details.receipts_root.to_string())}</KeyValue>
                    <KeyValue label="Difficulty">{mono(details.difficulty.to_string())}</KeyValue>
                    <KeyValue label="Nonce">{mono(details.nonce.to_string())}</KeyValue>
                    {details.mix_hash.map(|hash| view! {
                        <KeyValue label="Mix hash">{mono(hash.to_string())}</KeyValue>
                    })}
                    <KeyValue label="Extra data">{mono(details.extra_data.to_string())}</KeyValue>
                    <KeyValue label="Size">{readable_bytes(details.size_bytes)}</KeyValue>
                </KeyValues>
            </details>
        </Card>
    }
}

#[component]
fn Everyday(summary: BlockSummary, confirmations: u64, token_transfers: u64) -> impl IntoView {
    let hash = summary.hash.to_string();
    view! {
        <KeyValues>
            <KeyValue label="Hash">
                <span class="address"><span class="mono">{hash.clone()}</span><CopyButton text=hash label="Copy block hash" /></span>
            </KeyValue>
            <KeyValue label="Time"><Time at=summary.timestamp /> " · " {summary.timestamp.to_readable()}</KeyValue>
            <KeyValue label="Signer"><PartyLink party=summary.signer /></KeyValue>
            <KeyValue label="Blocks on top"><Confirmations block=summary.number first=confirmations /></KeyValue>
            <KeyValue label="Transactions">{count(summary.transactions)}</KeyValue>
            <KeyValue label="Token transfers">{count(token_transfers)}</KeyValue>
            <KeyValue label="Gas used">
                {count(summary.gas_used)} " of " {count(summary.gas_limit)}
                <span class="text-muted">" · " {percent(summary.gas_used, summary.gas_limit)}</span>
            </KeyValue>
            {summary.base_fee_per_gas.map(|wei| view! {
                <KeyValue label="Base fee"><GasPrice wei /></KeyValue>
            })}
            <KeyValue label="Fees paid">
                <Coins wei=summary.fees />
                {(!summary.burnt.is_zero()).then(|| view! {
                    <span class="text-muted">", of which "<Coins wei=summary.burnt />" were burnt"</span>
                })}
            </KeyValue>
        </KeyValues>
    }
}

/// How many blocks are on top of a block; grows while the page is open.
#[component]
pub(in crate::pages::explorer) fn Confirmations(
    block: u64,
    /// As the server counted them.
    first: u64,
    /// With what is counted: `7 blocks on top`.
    #[prop(optional)]
    in_words: bool,
) -> impl IntoView {
    let feed = use_chain_feed();
    move || {
        let pushed = feed
            .and_then(|feed| feed.pushed_block())
            .map(|newest| newest.saturating_sub(block));
        match (in_words, pushed.unwrap_or(first)) {
            (false, number) => count(number),
            (true, 1) => "1 block on top".to_owned(),
            (true, number) => format!("{} blocks on top", count(number)),
        }
    }
}

fn mono(text: String) -> impl IntoView {
    view! { <span class="mono break-all">{text}</span> }
}
