//! Buttons, and links that look like buttons.

use leptos::either::Either;
use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// How much a button asks for attention: one primary at most per view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonVariant {
    Primary,
    #[default]
    Secondary,
    /// No frame until hovered: in tables and toolbars.
    Ghost,
    /// Destroys something.
    Danger,
}

impl ButtonVariant {
    pub const ALL: [Self; 4] = [Self::Primary, Self::Secondary, Self::Ghost, Self::Danger];

    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button button-secondary",
            Self::Ghost => "button button-ghost",
            Self::Danger => "button button-danger",
        }
    }
}

/// Height of a control: 28, 34 or 42 px; on touch screens never below 40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ControlSize {
    Small,
    #[default]
    Medium,
    Large,
}

impl ControlSize {
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    const fn class(self) -> &'static str {
        match self {
            Self::Small => " size-small",
            Self::Medium => "",
            Self::Large => " size-large",
        }
    }

    const fn icon_px(self) -> u16 {
        match self {
            Self::Small => 14,
            Self::Medium => 16,
            Self::Large => 18,
        }
    }
}

/// What a button does in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    #[default]
    Button,
    Submit,
}

impl ButtonKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Submit => "submit",
        }
    }
}

/// A button with text. While `loading` it shows a spinner, keeps its width and cannot be pressed.
#[component]
pub fn Button(
    #[prop(optional)] variant: ButtonVariant,
    #[prop(optional)] size: ControlSize,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] icon: Option<IconName>,
    #[prop(optional, into)] loading: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Name and value that a submit button adds to its form.
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=kind.as_str()
            class=format!("{}{}", variant.class(), size.class())
            class:is-loading=loading
            disabled=move || disabled.get() || loading.get()
            aria-busy=move || loading.get().then_some("true")
            name=name
            value=value
        >
            {icon.map(|name| view! { <Icon name size=size.icon_px() /> })}
            <span class="button-text">{children()}</span>
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] variant: ButtonVariant,
    #[prop(optional)] size: ControlSize,
    #[prop(optional)] icon: Option<IconName>,
    /// `_blank` for another tab; `_self` makes the router leave it to the browser (for paths that
    /// are not pages of this application).
    #[prop(optional, into)]
    target: Option<String>,
    children: Children,
) -> impl IntoView {
    // `rel=external` also keeps the router's hands off.
    let rel = target.as_ref().map(|_| "external noopener");
    view! {
        <a
            class=format!("{}{}", variant.class(), size.class())
            href=move || href.get()
            target=target
            rel=rel
        >
            {icon.map(|name| view! { <Icon name size=size.icon_px() /> })}
            <span class="button-text">{children()}</span>
        </a>
    }
}

/// A square button with an icon only. The label is read aloud and shown as a hover text.
#[component]
pub fn IconButton(
    #[prop(into)] label: String,
    icon: IconName,
    #[prop(default = ButtonVariant::Ghost)] variant: ButtonVariant,
    #[prop(optional)] size: ControlSize,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] loading: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Makes it a link.
    #[prop(optional, into)]
    href: Option<String>,
) -> impl IntoView {
    let class = format!("{}{} button-icon", variant.class(), size.class());
    let title = label.clone();
    let glyph = view! { <Icon name=icon size=size.icon_px() /> };
    if let Some(href) = href {
        return Either::Left(
            view! { <a class=class href=href aria-label=label title=title>{glyph}</a> },
        );
    }
    Either::Right(view! {
        <button
            type=kind.as_str()
            class=class
            class:is-loading=loading
            disabled=move || disabled.get() || loading.get()
            aria-busy=move || loading.get().then_some("true")
            aria-label=label
            title=title
        >
            {glyph}
        </button>
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
