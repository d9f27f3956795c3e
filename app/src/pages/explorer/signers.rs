//! `/explorer/signers`: who makes blocks, whose turn is next, and who is voted on.

use leptos::prelude::*;
use types::chain::{SignerStatus, SignerVote, Signers, VoteProposal};
use types::timestamp::readable_duration;

use super::feed::{Follows, live};
use super::party::{BlockLink, PartyLink};
use crate::actions::explorer::machinery::read_signers;
use crate::ui::{
    Badge, Card, Cell, Column, EmptyState, IconName, KeyValue, KeyValues, PageHeader, Table, Time,
    Tone, count,
};

/// The signers of the chain.
#[component]
pub fn SignersPage() -> impl IntoView {
    view! {
        <PageHeader title="Signers" description="On a proof-of-authority chain (Clique, EIP-225) these accounts make the blocks, in turns, and vote one another in and out." />
        {live(
            Memo::new(|_| ()),
            |()| Follows::EachBlock,
            |()| read_signers(),
            |(), signers| view! { <SignersView signers /> },
        )}
    }
}

#[component]
pub(super) fn SignersView(signers: Signers) -> impl IntoView {
    let (needed, signer_count) = (signers.votes_needed(), signers.signers.len());
    let votes = match signers.votes.is_empty() {
        true => view! {
            <EmptyState icon=IconName::Check title="No vote is open">
                <p>"A signer that proposes to let somebody in or out writes the vote into the blocks it signs."</p>
            </EmptyState>
        }
        .into_any(),
        false => vote_table(signers.votes, needed).into_any(),
    };
    let rows = signer_table(signers.signers);
    let period_ms = i64::try_from(signers.period_ms).unwrap_or(i64::MAX);
    view! {
        <Card>
            <KeyValues>
                <KeyValue label="Newest block"><BlockLink number=signers.head /></KeyValue>
                <KeyValue label="Time between blocks">{readable_duration(period_ms)}</KeyValue>
                <KeyValue label="Votes that decide">{needed}" of "{signer_count}</KeyValue>
                <KeyValue label="Votes are forgotten">"every "{count(signers.epoch_blocks)}" blocks"</KeyValue>
            </KeyValues>
        </Card>
        <Card title="Signers" description="In the order of their turns" flush=true>{rows}</Card>
        <Card title="Open votes" flush=true>{votes}</Card>
    }
}

fn signer_table(signers: Vec<SignerStatus>) -> impl IntoView {
    let columns = vec![
        Column::numeric("Turn"),
        Column::new("Signer"),
        Column::new("State"),
        Column::new("Last block"),
        Column::new("Signed"),
        Column::numeric("Blocks"),
    ];
    view! {
        <Table caption="Signers" columns>
            {signers.into_iter().enumerate()
                .map(|(turn, signer)| view! { <SignerRow turn signer /> })
                .collect_view()}
        </Table>
    }
}

#[component]
fn SignerRow(turn: usize, signer: SignerStatus) -> impl IntoView {
    let (tone, state) = match (signer.is_next, signer.is_resting) {
        (_, true) => (Tone::Neutral, "Resting"),
        (true, false) => (Tone::Accent, "Next in turn"),
        (false, false) => (Tone::Positive, "Ready"),
    };
    let (block, at) = signer
        .last_signed
        .map(|moment| (moment.block, moment.at))
        .unzip();
    view! {
        <tr>
            <Cell label="Turn" numeric=true>{turn + 1}</Cell>
            <Cell label="Signer"><PartyLink party=signer.party /></Cell>
            <Cell label="State"><Badge tone>{state}</Badge></Cell>
            <Cell label="Last block">
                {match block {
                    Some(number) => view! { <BlockLink number /> }.into_any(),
                    None => view! { <span class="text-muted">"none yet"</span> }.into_any(),
                }}
            </Cell>
            <Cell label="Signed">
                {match at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => "–".into_any(),
                }}
            </Cell>
            <Cell label="Blocks" numeric=true>{count(signer.signed_blocks)}</Cell>
        </tr>
    }
}

fn vote_table(votes: Vec<SignerVote>, needed: usize) -> impl IntoView {
    let tallies: Vec<usize> = votes
        .iter()
        .map(|vote| {
            votes
                .iter()
                .filter(|other| {
                    other.candidate.address == vote.candidate.address
                        && other.proposal == vote.proposal
                })
                .count()
        })
        .collect();
    let columns = vec![
        Column::new("Candidate"),
        Column::new("Proposal"),
        Column::new("Voter"),
        Column::new("Block"),
        Column::numeric("Votes"),
    ];
    view! {
        <Table caption="Open votes" columns>
            {votes.into_iter().zip(tallies).map(|(vote, tally)| view! {
                <tr>
                    <Cell label="Candidate"><PartyLink party=vote.candidate /></Cell>
                    <Cell label="Proposal">{match vote.proposal {
                        VoteProposal::Authorize => "let in",
                        VoteProposal::Drop => "put out",
                    }}</Cell>
                    <Cell label="Voter"><PartyLink party=vote.voter /></Cell>
                    <Cell label="Block"><BlockLink number=vote.block /></Cell>
                    <Cell label="Votes" numeric=true>{tally}" of "{needed}</Cell>
                </tr>
            }).collect_view()}
        </Table>
    }
}
