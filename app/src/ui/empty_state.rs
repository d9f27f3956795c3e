//! Nothing here yet, and what to do about it.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// In place of a list without rows.
#[component]
pub fn EmptyState(
    icon: IconName,
    #[prop(into)] title: String,
    /// Buttons that lead on.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty-state">
            <span class="empty-state-icon">
                <Icon name=icon size=22 />
            </span>
            <p class="empty-state-title">{title}</p>
            {children.map(|children| view! { <div class="empty-state-text">{children()}</div> })}
            {actions.map(|actions| view! { <div class="empty-state-actions">{actions.run()}</div> })}
        </div>
    }
}
