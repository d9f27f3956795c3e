//! Messages that stay until the cause is gone.

use leptos::prelude::*;

use super::icon::{Icon, IconName};
use super::tone::Tone;

/// A message within a page. Dangers are announced at once, the rest when the reader is idle.
#[component]
pub fn Alert(
    #[prop(optional)] tone: Tone,
    #[prop(into)] title: String,
    /// Buttons that mend it.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("alert {}", tone.class()) role=role(tone)>
            <Icon name=icon(tone) size=18 />
            <div class="alert-text">
                <p class="alert-title">{title}</p>
                {children.map(|children| view! { <div class="alert-body">{children()}</div> })}
                {actions.map(|actions| view! { <div class="alert-actions">{actions.run()}</div> })}
            </div>
        </div>
    }
}

/// One line across the whole site.
#[component]
pub fn Banner(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! {
        <div class=format!("banner {}", tone.class()) role="note">
            <Icon name=icon(tone) size=14 />
            <span>{children()}</span>
        </div>
    }
}

const fn role(tone: Tone) -> &'static str {
    match tone {
        Tone::Danger => "alert",
        _ => "status",
    }
}

const fn icon(tone: Tone) -> IconName {
    match tone {
        Tone::Positive => IconName::CheckCircle,
        Tone::Warning | Tone::Danger => IconName::Alert,
        Tone::Neutral | Tone::Accent | Tone::Info => IconName::Info,
    }
}
