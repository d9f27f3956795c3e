//! `/explorer/search?q=`: what a text may mean.

use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::{use_navigate, use_query_map};
use types::explorer::{SearchHit, SearchResults};

use super::path;
use crate::actions::explorer::{Suggestion, search};
use crate::pages::loading::loaded;
use crate::ui::{
    Alert, Badge, Button, ButtonKind, Card, EmptyState, IconName, PageHeader, SearchField, Tone,
    count,
};

/// Longest text that is searched for.
const TEXT_LENGTH_MAX: usize = 200;

/// Results of a search. A text that can only mean one thing leads there at once.
#[component]
pub fn SearchPage() -> impl IntoView {
    let parameters = use_query_map();
    let text = Memo::new(move |_| {
        parameters.with(|parameters| {
            let text = parameters.get_str("q").unwrap_or_default().trim();
            text.chars().take(TEXT_LENGTH_MAX).collect::<String>()
        })
    });
    view! {
        <PageHeader title="Search" description="Addresses, transactions, blocks, tokens and contract names." />
        <Form method="GET" action=path::SEARCH attr:class="explorer-search">
            <SearchField
                name="q"
                label="Search the chain"
                value=text.get_untracked()
                placeholder="Address, transaction, block, token or name"
            />
            <Button kind=ButtonKind::Submit>"Search"</Button>
        </Form>
        {move || match text.with(String::is_empty) {
            true => view! { <Nothing /> }.into_any(),
            false => view! { <ResultsOf text=text.get() /> }.into_any(),
        }}
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Card>
            <EmptyState icon=IconName::Search title="What are you looking for?">
                <p>"The beginning of a hash or address is enough, from four digits on."</p>
            </EmptyState>
        </Card>
    }
}

#[component]
fn ResultsOf(text: String) -> impl IntoView {
    let asked = text.clone();
    let results = Resource::new_blocking(move || asked.clone(), search);
    loaded(
        results,
        move |results| view! { <Results results text=text.clone() /> },
    )
}

#[component]
pub(super) fn Results(results: SearchResults, text: String) -> impl IntoView {
    if let Some(only) = results.only() {
        let target = path::found(only);
        #[cfg(feature = "ssr")]
        crate::shell::document::redirect(&target);
        let navigate = use_navigate();
        Effect::new(move |_| {
            let options = leptos_router::NavigateOptions {
                replace: true,
                ..Default::default()
            };
            navigate(&target, options);
        });
    }
    let SearchResults { hits, note } = results;
    let found = match hits.is_empty() {
        true => view! {
            <EmptyState icon=IconName::Search title="Nothing found">
                <p>"Nothing on this chain is called \u{201c}"{text}"\u{201d}. Copy the whole hash or address, or look in the newest blocks: what was sent a moment ago may not be mined yet."</p>
            </EmptyState>
        }
        .into_any(),
        false => view! {
            <ul class="hits" aria-label="Found">
                {hits.iter().map(hit_line).collect_view()}
            </ul>
        }
        .into_any(),
    };
    view! {
        {note.map(|note| view! { <Alert tone=Tone::Warning title=note /> })}
        <Card flush=true>{found}</Card>
    }
}

fn hit_line(hit: &SearchHit) -> impl IntoView + use<> {
    let Suggestion { path, kind, label } = suggestion(hit);
    let more = match hit {
        SearchHit::Block { hash, .. } => hash.to_string(),
        SearchHit::Transaction { block, .. } => format!("in block {}", count(*block)),
        SearchHit::PendingTransaction { .. } => "waits to be mined".to_owned(),
        SearchHit::Address { party } => party.address.to_checksum(),
        SearchHit::Token { token } => token.address.to_checksum(),
    };
    view! {
        <li>
            <a class="hit" href=path>
                <Badge>{kind}</Badge>
                <span class="hit-label">{label}</span>
                <span class="hit-more">{more}</span>
            </a>
        </li>
    }
}

/// A thing that was found, as one line.
pub(crate) fn suggestion(hit: &SearchHit) -> Suggestion {
    let (kind, label) = match hit {
        SearchHit::Block { number, .. } => ("Block", format!("Block {}", count(*number))),
        SearchHit::Transaction { hash, .. } => ("Transaction", hash.to_short()),
        SearchHit::PendingTransaction { hash } => ("Pending", hash.to_short()),
        SearchHit::Address { party } => (
            match party.is_contract {
                true => "Contract",
                false => "Address",
            },
            party
                .name
                .clone()
                .unwrap_or_else(|| party.address.to_short()),
        ),
        SearchHit::Token { token } => (token.kind.as_str(), super::party::token_title(token)),
    };
    Suggestion {
        path: path::found(hit),
        kind: kind.to_owned(),
        label,
    }
}
