//! Native modal dialogs. The browser opens and closes them by `command` attributes, so they work
//! before and without JavaScript; a browser that does not know these gets the same from us.

mod element;

pub use element::{close_dialog, open_dialog};

use leptos::prelude::*;

use super::button::{Button, ButtonVariant, ControlSize, IconButton};
use super::icon::IconName;

/// A modal dialog. `id` names it for [`DialogButton`], [`DialogClose`] and [`close_dialog`].
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    #[prop(into)] title: String,
    #[prop(optional, into)] description: Option<String>,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let close_id = id.clone();
    view! {
        <dialog class="dialog" id=id aria-labelledby=labelled_by closedby="any">
            <div class="dialog-frame">
                <header class="dialog-head">
                    <h2 class="dialog-title" id=title_id>{title}</h2>
                    <DialogCross dialog=close_id />
                </header>
                {description.map(|text| view! { <p class="dialog-description">{text}</p> })}
                {children()}
            </div>
        </dialog>
    }
}

#[component]
fn DialogCross(dialog: String) -> impl IntoView {
    let target = dialog.clone();
    view! {
        <IconButton
            label="Close"
            icon=IconName::Close
            size=ControlSize::Small
            attr:command="close"
            attr:commandfor=dialog
            on:click=move |event| element::fall_back(&event, &target, close_dialog)
        />
    }
}

/// The buttons at the end of a dialog.
#[component]
pub fn DialogFooter(children: Children) -> impl IntoView {
    view! { <footer class="dialog-footer">{children()}</footer> }
}

/// Opens the dialog of that id.
#[component]
pub fn DialogButton(
    #[prop(into)] dialog: String,
    #[prop(optional)] variant: ButtonVariant,
    #[prop(optional)] size: ControlSize,
    #[prop(optional)] icon: Option<IconName>,
    #[prop(optional, into)] disabled: Signal<bool>,
    children: Children,
) -> impl IntoView {
    let target = dialog.clone();
    // `icon` is optional on both sides: handed on by the builder, not by the macro.
    let props = super::button::ButtonProps::builder()
        .variant(variant)
        .size(size)
        .disabled(disabled)
        .children(children);
    let button = match icon {
        Some(icon) => super::button::Button(props.icon(icon).build()).into_any(),
        None => super::button::Button(props.build()).into_any(),
    };
    view! {
        {button
            .add_any_attr(leptos::attr::command("show-modal"))
            .add_any_attr(leptos::attr::commandfor(dialog))
            .add_any_attr(leptos::tachys::html::event::on(
                leptos::ev::click,
                move |event| element::fall_back(&event, &target, open_dialog),
            ))}
    }
}

/// Closes the dialog it is in.
#[component]
pub fn DialogClose(
    #[prop(into)] dialog: String,
    #[prop(optional)] variant: ButtonVariant,
    children: Children,
) -> impl IntoView {
    let target = dialog.clone();
    view! {
        <Button
            variant
            attr:command="close"
            attr:commandfor=dialog
            on:click=move |event| element::fall_back(&event, &target, close_dialog)
        >
            {children()}
        </Button>
    }
}

/// In a form that destroys something: the reader types the name of what will be gone. The browser
/// itself refuses to send the form before.
#[component]
pub fn ConfirmPhrase(
    #[prop(into)] phrase: String,
    /// Distinguishes the fields of several dialogs on one page.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let label = phrase.clone();
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                "Type " <strong class="confirm-phrase">{label}</strong> " to confirm"
            </label>
            <input
                class="input is-monospaced"
                id=id
                type="text"
                required=true
                pattern=escape_pattern(&phrase)
                title=format!("Type {phrase} exactly as shown")
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
            />
        </div>
    }
}

/// A text as a regular expression of the HTML `pattern` attribute (flag `v`) that matches just it.
fn escape_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if r"^$\.*+?()[]{}|/-&!#%,:;<=>@`~".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
