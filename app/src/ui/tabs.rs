//! Parts of one subject, each with its own address.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabLink {
    pub href: String,
    pub label: String,
    pub icon: Option<IconName>,
    /// A number beside the label.
    pub count: Option<u64>,
}

impl TabLink {
    /// A part with its address.
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            label: label.into(),
            icon: None,
            count: None,
        }
    }

    #[must_use]
    pub const fn with_icon(mut self, icon: IconName) -> Self {
        self.icon = Some(icon);
        self
    }

    #[must_use]
    pub const fn with_count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// A row of links, the current one marked. `current` is the `href` of the part that is shown.
#[component]
pub fn Tabs(
    #[prop(into)] label: String,
    tabs: Vec<TabLink>,
    #[prop(into)] current: Signal<String>,
) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            {tabs.into_iter().map(|tab| tab_link(tab, current)).collect_view()}
        </nav>
    }
}

fn tab_link(tab: TabLink, current: Signal<String>) -> impl IntoView {
    let href = tab.href.clone();
    let is_current = move || current.with(|current| *current == href);
    view! {
        <a class="tab" href=tab.href aria-current=move || is_current().then_some("page")>
            {tab.icon.map(|name| view! { <Icon name /> })}
            {tab.label}
            {tab.count.map(|count| view! { <span class="tab-count">{count}</span> })}
        </a>
    }
}
