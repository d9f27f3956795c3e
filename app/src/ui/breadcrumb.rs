//! The way back up.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// One step above the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    pub href: String,
    pub label: String,
}

impl Crumb {
    /// A page above, and its name.
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            label: label.into(),
        }
    }
}

/// The pages above, then this page's name.
#[component]
pub fn Breadcrumb(above: Vec<Crumb>, #[prop(into)] here: String) -> impl IntoView {
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                {above.into_iter().map(|crumb| view! {
                    <li>
                        <a href=crumb.href>{crumb.label}</a>
                        <Icon name=IconName::ChevronRight size=14 />
                    </li>
                }).collect_view()}
                <li aria-current="page">{here}</li>
            </ol>
        </nav>
    }
}
