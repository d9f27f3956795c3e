//! Light, dark or the system's: a form that works without JavaScript and acts at once with it.

use leptos::prelude::*;

use super::theme::Theme;
use super::use_shell;
use crate::actions::theme::SetTheme;
use crate::ui::{Icon, IconName};

/// Three buttons of one form, the current choice pressed.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let current = use_shell().theme();
    let action = ServerAction::<SetTheme>::new();
    // Painted when pressed; the cookie follows.
    Effect::new(move |_| paint(current.get()));
    view! {
        <ActionForm action=action>
            <div class="theme-toggle" role="group" aria-label="Colours">
                {Theme::ALL.into_iter().map(|theme| view! { <ThemeButton theme /> }).collect_view()}
            </div>
        </ActionForm>
    }
}

#[component]
fn ThemeButton(theme: Theme) -> impl IntoView {
    let shell = use_shell();
    let current = shell.theme();
    let label = format!("{} theme", theme.label());
    let title = label.clone();
    view! {
        <button
            type="submit"
            name="theme"
            value=theme.as_str()
            aria-pressed=move || if current.get() == theme { "true" } else { "false" }
            aria-label=label
            title=title
            on:click=move |_| shell.set_theme(theme)
        >
            <Icon name=icon(theme) size=14 />
        </button>
    }
}

const fn icon(theme: Theme) -> IconName {
    match theme {
        Theme::System => IconName::Monitor,
        Theme::Light => IconName::Sun,
        Theme::Dark => IconName::Moon,
    }
}

fn paint(theme: Theme) {
    if let Some(root) = document().document_element() {
        // An element of ours always takes an attribute.
        let _ = root.set_attribute("data-theme", theme.as_str());
    }
}
