//! Light, dark or the system's: a form that works without JavaScript and acts at once with it.

use leptos::prelude::*;

use super::theme::Theme;
use super::use_shell;
use crate::actions::theme::SetTheme;
use crate::ui::{Icon, IconName};

/// Three buttons of one form, the current choice pressed.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let shell = use_shell();
    let current = shell.theme();
    let action = ServerAction::<SetTheme>::new();
    // Painted when pressed; the cookie follows.
    Effect::new(move |_| paint(current.get()));
    view! {
        <ActionForm action=action attr:class="theme-toggle" attr:aria-label="Colours" attr:role="group">
            {Theme::ALL.into_iter().map(|theme| view! {
                <button
                    type="submit"
                    name="theme"
                    value=theme.as_str()
                    aria-pressed=move || if current.get() == theme { "true" } else { "false" }
                    aria-label=format!("{} theme", theme.label())
                    title=format!("{} theme", theme.label())
                    on:click=move |_| shell.set_theme(theme)
                >
                    <Icon name=icon(theme) size=14 />
                </button>
            }).collect_view()}
        </ActionForm>
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
