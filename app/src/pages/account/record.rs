//! The entries of the audit log about oneself.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::audit::AuditEntry;
use types::{Page, PageRequest};

use crate::actions::account::read_own_audit;
use crate::pages::admin::audit::entry::entry_rows;
use crate::pages::loading::loaded;
use crate::ui::{Card, EmptyState, IconName, Pager};

/// What was done by or to this account.
#[component]
pub(super) fn OwnRecord() -> impl IntoView {
    let query = use_query_map();
    let after =
        Memo::new(move |_| query.with(|query| query.get_str("record_after").map(str::to_owned)));
    let record = Resource::new_blocking(
        move || after.get(),
        |after| {
            read_own_audit(PageRequest {
                after,
                limit: Some(20),
            })
        },
    );
    view! {
        <Card title="Record" description="What was done by you and to your account, as the audit log has it." flush=true>
            {loaded(record, move |page| view! { <Entries page is_first=after.get_untracked().is_none() /> })}
        </Card>
    }
}

#[component]
fn Entries(page: Page<AuditEntry>, is_first: bool) -> impl IntoView {
    if page.items.is_empty() {
        return view! { <EmptyState icon=IconName::List title="Nothing here yet" /> }.into_any();
    }
    let first = (!is_first).then(|| "/account".to_owned());
    let next = page.next.map(|after| {
        crate::pages::admin::address::address("/account", &[("record_after", Some(&after))])
    });
    view! {
        {entry_rows("Record of your account", page.items)}
        <Pager first next />
    }
    .into_any()
}
