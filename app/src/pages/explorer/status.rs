//! How far the index is, small and calm; loud only when something is wrong.

use leptos::prelude::*;
use types::explorer::{Freshness, IndexStatus, NodeState, Section, SectionStatus};
use types::timestamp::readable_duration;

use super::feed::{ChainFeed, use_chain_feed};
use crate::pages::server::live_note::LiveNote;
use crate::ui::{Alert, Time, Tone, count};

/// From so many missing blocks on, the index is catching up rather than a moment behind.
const CATCHING_UP_BLOCKS: u64 = 5;

/// One line on every page, and a notice above it when the node or the index is not as it should.
#[component]
pub(crate) fn ChainStatusLine(feed: ChainFeed) -> impl IntoView {
    view! {
        <div class="chain-status-frame">
            <LiveNote status=feed.connection() />
            {feed.with_status(|status| view! { <StatusNotice status=status.clone() /> <StatusLine status /> })}
        </div>
    }
}

#[component]
pub(super) fn StatusNotice(status: IndexStatus) -> impl IntoView {
    let newest = status.indexed.map_or_else(
        || "Nothing is indexed yet.".to_owned(),
        |block| format!("Everything up to block {} can be read.", count(block)),
    );
    match &status.node {
        NodeState::Failing { .. } => Some(view! {
            <Alert tone=Tone::Warning title="The chain's node does not answer">
                <p>{newest}" Asked again by itself; new blocks appear as soon as it answers."</p>
            </Alert>
        }),
        _ if status.lag_blocks >= CATCHING_UP_BLOCKS => Some(view! {
            <Alert tone=Tone::Info title="The explorer is catching up with the chain">
                <p>{catching_up_sentence(&status)}</p>
            </Alert>
        }),
        _ => None,
    }
}

fn catching_up_sentence(status: &IndexStatus) -> String {
    let ready_in_ms =
        status
            .sections
            .iter()
            .find_map(|section| match (section.section, &section.freshness) {
                (Section::Blocks, Freshness::CatchingUp { ready_in_ms, .. }) => *ready_in_ms,
                _ => None,
            });
    let left = format!(
        "{} of {} blocks are indexed, {} are left",
        count(status.indexed.map_or(0, |block| block + 1)),
        count(status.tip.map_or(0, |block| block + 1)),
        count(status.lag_blocks),
    );
    match ready_in_ms.and_then(|ms| i64::try_from(ms).ok()) {
        Some(ms) => format!("{left}: about {} more.", readable_duration(ms)),
        None => format!("{left}."),
    }
}

#[component]
pub(super) fn StatusLine(status: IndexStatus) -> impl IntoView {
    let tone = match (&status.node, status.lag_blocks) {
        (NodeState::Failing { .. }, _) => Tone::Danger,
        (NodeState::Connecting, _) => Tone::Neutral,
        (NodeState::Connected, 0) => Tone::Positive,
        (NodeState::Connected, _) => Tone::Warning,
    };
    let newest = status.indexed.map(|block| {
        view! {
            <a class="link" href=super::path::block(block)>"Block " {count(block)}</a>
        }
    });
    let others = status
        .sections
        .iter()
        .filter_map(section_sentence)
        .map(|sentence| view! { <span class="chain-status-part">{sentence}</span> });
    view! {
        <p class=format!("chain-status {}", tone.class())>
            <span class="chain-status-dot" aria-hidden="true"></span>
            <span class="chain-status-part">{newest} {status.indexed_at.map(|at| view! { " " <Time at /> })}</span>
            <span class="chain-status-part">{lag_sentence(&status)}</span>
            {others.collect_view()}
        </p>
    }
}

fn lag_sentence(status: &IndexStatus) -> String {
    match (&status.node, status.lag_blocks) {
        (NodeState::Connecting, _) => "connecting to the chain's node".to_owned(),
        (NodeState::Failing { .. }, _) => "the node does not answer".to_owned(),
        (NodeState::Connected, 0) if status.indexed.is_none() => "reading the chain".to_owned(),
        (NodeState::Connected, 0) => "in step with the chain".to_owned(),
        (NodeState::Connected, 1) => "1 block behind the chain".to_owned(),
        (NodeState::Connected, lag) => format!("{} blocks behind the chain", count(lag)),
    }
}

/// What a part of the index other than the blocks lacks; nothing when it is current.
fn section_sentence(status: &SectionStatus) -> Option<String> {
    let name = match status.section {
        Section::Blocks => return None,
        Section::InternalCalls => "internal calls",
        Section::Balances => "balances",
        Section::TokenDetails => "token names",
    };
    match &status.freshness {
        Freshness::Current => None,
        Freshness::CatchingUp { remaining, .. } => {
            Some(format!("{name}: {} to go", count(*remaining)))
        }
        Freshness::NotOffered => Some(format!("{name}: not offered by the node")),
        Freshness::Failing { .. } => Some(format!("{name}: tried again shortly")),
    }
}

/// Above a list that is made from one section: what is missing from it and why.
#[component]
pub(super) fn SectionNote(section: Section) -> impl IntoView {
    use_chain_feed().map(|feed| {
        feed.with_status(move |status| {
            status
                .section(section)
                .and_then(section_notice)
                .map(|sentence| view! { <p class="section-note" role="status">{sentence}</p> })
        })
    })
}

fn section_notice(status: &SectionStatus) -> Option<String> {
    match &status.freshness {
        Freshness::Current => None,
        Freshness::CatchingUp {
            remaining,
            ready_in_ms,
        } => {
            let wait = ready_in_ms
                .and_then(|ms| i64::try_from(ms).ok())
                .map(|ms| format!(", about {} more", readable_duration(ms)))
                .unwrap_or_default();
            Some(format!(
                "This list is still being made: {} to go{wait}.",
                count(*remaining)
            ))
        }
        Freshness::NotOffered => Some(
            "The node of this chain does not offer what this list is made from, so it stays empty."
                .to_owned(),
        ),
        Freshness::Failing { .. } => {
            Some("The node did not give what this list is made from; it is asked again.".to_owned())
        }
    }
}
