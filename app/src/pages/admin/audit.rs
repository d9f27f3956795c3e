//! The audit log: who did what to what, when, from where, and whether the record is whole.

pub(crate) mod entry;
mod verdict;

use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use types::audit::{AuditQuery, AuditVerdict};

use entry::entry_rows;
use verdict::verdict_sentence;

use super::address::{address, audit_address, audit_query};
use super::tabs::AdminTabs;
use crate::actions::audit::{AuditLog, ChainCheck, read_audit};
use crate::pages::loading::loaded;
use crate::shell::RequireAdministrator;
use crate::ui::{
    Alert, Button, ButtonKind, Card, ControlSize, EmptyState, IconName, LinkButton, PageHeader,
    Pager, TextInput, Tone,
};

/// `/admin/audit`.
#[component]
pub fn AuditPage() -> impl IntoView {
    view! {
        <RequireAdministrator let:viewer>
            <div class="page">
                <PageHeader
                    title="Audit log"
                    description="Each entry carries the hash of the one before, so that none can be changed unseen."
                    actions=|| view! {
                        <LinkButton
                            href=address("/admin/audit", &[("check", Some("1"))])
                            size=ControlSize::Small
                            icon=IconName::Shield
                        >
                            "Check the chain"
                        </LinkButton>
                    }
                />
                <AdminTabs viewer current="/admin/audit" />
                <LoadedLog />
            </div>
        </RequireAdministrator>
    }
}

#[component]
fn LoadedLog() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| audit_query(|key| parameters.get_str(key)))
    });
    let check = Memo::new(move |_| {
        match parameters.with(|parameters| parameters.get_str("check").is_some()) {
            true => ChainCheck::Run,
            false => ChainCheck::Skip,
        }
    });
    let log = Resource::new_blocking(
        move || (query.get(), check.get()),
        |(query, check)| read_audit(query, check),
    );
    loaded(
        log,
        move |log| view! { <Log log query=query.get_untracked() /> },
    )
}

#[component]
fn Log(log: AuditLog, query: AuditQuery) -> impl IntoView {
    let AuditLog { page, verdict } = log;
    let first = query
        .page
        .after
        .is_some()
        .then(|| audit_address(&query, None));
    let next = page
        .next
        .as_deref()
        .map(|after| audit_address(&query, Some(after)));
    let shown = format!("{} entries on this page", page.items.len());
    view! {
        <div class="grid gap-4">
            {verdict.map(|verdict| view! { <Verdict verdict /> })}
            <LogFilter query />
            <Card flush=true>
                {match page.items.is_empty() {
                    true => view! { <EmptyState icon=IconName::List title="No entry fits" /> }.into_any(),
                    false => entry_rows("Audit log", page.items).into_any(),
                }}
                <Pager first next shown />
            </Card>
        </div>
    }
}

#[component]
fn Verdict(verdict: AuditVerdict) -> impl IntoView {
    let tone = if verdict.broken_at.is_none() {
        Tone::Positive
    } else {
        Tone::Danger
    };
    view! { <Alert tone title=verdict_sentence(&verdict) /> }
}

#[component]
fn LogFilter(query: AuditQuery) -> impl IntoView {
    let is_filtered = query.action.is_some() || query.actor.is_some() || query.target.is_some();
    view! {
        <Form method="GET" action="/admin/audit" attr:class="flex flex-wrap items-end gap-3">
            <TextInput
                name="action"
                label="Action begins with"
                placeholder="server.start"
                value=query.action.unwrap_or_default()
            />
            <TextInput name="actor" label="Who" value=query.actor.unwrap_or_default() />
            <TextInput
                name="target"
                label="Target"
                placeholder="user:…"
                value=query.target.unwrap_or_default()
                monospaced=true
            />
            <Button kind=ButtonKind::Submit icon=IconName::Filter>"Show"</Button>
            {is_filtered.then(|| view! { <LinkButton href="/admin/audit">"Reset"</LinkButton> })}
        </Form>
    }
}
