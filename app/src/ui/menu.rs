//! A menu behind a button, on native `<details>`: opens without JavaScript; with it, Escape, a
//! click elsewhere and leaving by keyboard close it.

use leptos::html::Details;
use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// A button that shows a list of links and buttons.
#[component]
pub fn Menu(
    /// Read aloud, and shown when there is no `trigger`.
    #[prop(into)]
    label: String,
    /// What the button shows; an icon with dots by default.
    #[prop(optional, into)]
    trigger: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<Details>::new();
    close_on_press_outside(details);
    let trigger = trigger.map_or_else(
        || view! { <span class="button button-ghost button-icon"><Icon name=IconName::Dots /></span> }.into_any(),
        ViewFnOnce::run,
    );
    view! {
        <details
            class="menu"
            node_ref=details
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close(details);
                }
            }
            on:focusout=move |event| {
                if is_outside(details, event.related_target()) {
                    close(details);
                }
            }
        >
            // The label is text and not an attribute: what is seen is part of it.
            <summary class="menu-trigger">
                <span class="sr-only">{label}</span>
                <span class="menu-trigger-face" aria-hidden="true">{trigger}</span>
            </summary>
            <div class="menu-list" on:click=move |_| close(details)>{children()}</div>
        </details>
    }
}

/// A menu entry that leads elsewhere.
#[component]
pub fn MenuLink(#[prop(into)] href: String, icon: IconName, children: Children) -> impl IntoView {
    view! {
        <a class="menu-entry" href=href>
            <Icon name=icon />
            {children()}
        </a>
    }
}

/// A menu entry that does something: `on:click`, or a submit button inside a form.
#[component]
pub fn MenuButton(
    icon: IconName,
    #[prop(optional)] kind: super::button::ButtonKind,
    /// Destroys something.
    #[prop(optional)]
    danger: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    children: Children,
) -> impl IntoView {
    view! {
        <button class="menu-entry" class:is-danger=danger type=kind.as_str() disabled=disabled>
            <Icon name=icon />
            {children()}
        </button>
    }
}

/// A line between groups of entries.
#[component]
pub fn MenuSeparator() -> impl IntoView {
    view! { <hr class="menu-separator" /> }
}

/// A press on something that takes no focus moves none: it is watched for on the whole page.
fn close_on_press_outside(details: NodeRef<Details>) {
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::pointerdown, move |event| {
            if is_outside(details, event.target()) {
                close(details);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

fn close(details: NodeRef<Details>) {
    if let Some(element) = details.get_untracked()
        && element.open()
    {
        element.set_open(false);
    }
}

/// Whether an event concerns an element that is not in the menu. No element at all (the focus goes
/// to another window) is not outside.
fn is_outside(details: NodeRef<Details>, target: Option<web_sys::EventTarget>) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let Some(element) = details.get_untracked() else {
        return false;
    };
    target
        .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
        .is_some_and(|target| !element.contains(Some(&target)))
}
