//! Lists paged by key, in cards, with their pagers; the first page follows the chain.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::Serialize;
use serde::de::DeserializeOwned;
use types::Page;

use super::feed::{Follows, live};
use super::path::with_query;
use crate::actions::error::ActionResult;
use crate::ui::{Card, EmptyState, IconName, Pager};

/// Longest key that is passed on; keys are made by the server.
const KEY_LENGTH_MAX: usize = 512;

/// Where a list stands, and what its rows are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListPlace {
    path: String,
    tab: Option<&'static str>,
    /// `blocks`.
    noun: &'static str,
}

impl ListPlace {
    pub(super) fn new(path: impl Into<String>, noun: &'static str) -> Self {
        Self {
            path: path.into(),
            tab: None,
            noun,
        }
    }

    pub(super) const fn in_tab(mut self, tab: &'static str) -> Self {
        self.tab = Some(tab);
        self
    }

    fn address(&self, after: Option<&str>) -> String {
        let tab = self.tab.map(|tab| ("tab", tab));
        let after = after.map(|after| ("after", after));
        let parameters: Vec<_> = tab.into_iter().chain(after).collect();
        with_query(&self.path, &parameters)
    }
}

/// What is said in the place of a list without rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Empty {
    pub(super) icon: IconName,
    pub(super) title: &'static str,
    /// What would appear here, and how.
    pub(super) text: &'static str,
}

/// The key after which the address asks to begin.
pub(super) fn use_after() -> Memo<Option<String>> {
    let parameters = use_query_map();
    Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("after")
                .filter(|after| !after.is_empty() && after.len() <= KEY_LENGTH_MAX)
                .map(str::to_owned)
        })
    })
}

/// One page of a list.
pub(super) fn live_list<T, Reading, V>(
    place: ListPlace,
    empty: Empty,
    read: impl Fn(Option<String>) -> Reading + Clone + Send + Sync + 'static,
    table: impl Fn(Vec<T>) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
    Reading: Future<Output = ActionResult<Page<T>>> + Send + 'static,
    V: IntoView + 'static,
{
    live(use_after(), first_page_follows, read, move |after, page| {
        list_card(&place, empty, after.is_some(), page, table.clone())
    })
}

/// Later pages stay as they are while someone reads them.
pub(super) fn first_page_follows(after: &Option<String>) -> Follows {
    match after {
        None => Follows::EachBlock,
        Some(_) => Follows::Nothing,
    }
}

pub(super) fn list_card<T, V: IntoView + 'static>(
    place: &ListPlace,
    empty: Empty,
    has_page_before: bool,
    page: Page<T>,
    table: impl FnOnce(Vec<T>) -> V,
) -> AnyView {
    let shown = format!("{} {} on this page", page.items.len(), place.noun);
    let first = has_page_before.then(|| place.address(None));
    let next = page.next.as_deref().map(|next| place.address(Some(next)));
    let rows = match page.items.is_empty() {
        true => empty_list(empty).into_any(),
        false => table(page.items).into_any(),
    };
    view! {
        <Card flush=true>
            {rows}
            <Pager first next shown />
        </Card>
    }
    .into_any()
}

pub(super) fn empty_list(empty: Empty) -> impl IntoView {
    view! {
        <EmptyState icon=empty.icon title=empty.title>
            <p>{empty.text}</p>
        </EmptyState>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_list_keep_its_tab() {
        let place = ListPlace::new("/explorer/token/0xab", "holders").in_tab("holders");
        assert_eq!(place.address(None), "/explorer/token/0xab?tab=holders");
        assert_eq!(
            place.address(Some("5:6")),
            "/explorer/token/0xab?tab=holders&after=5%3A6"
        );
        let place = ListPlace::new("/explorer/blocks", "blocks");
        assert_eq!(place.address(None), "/explorer/blocks");
    }
}
