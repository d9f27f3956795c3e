use leptos::prelude::*;

use super::{Around, Frame, held_value};
use crate::ui::icon::{Icon, IconName};

/// One choice of a [`Select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOption {
    pub value: String,
    pub label: String,
}

impl SelectOption {
    /// The value that is sent and the text that is shown.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// One of several. `bind` ties it to a signal; `selected` is where it starts otherwise.
#[component]
pub fn Select(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<SelectOption>,
    #[prop(optional, into)] selected: String,
    #[prop(optional)] bind: Option<RwSignal<String>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let around = Around::new(&name, id, label, hint, error);
    let described_by = around.described_by();
    let is_invalid = around.is_invalid();
    let id = around.id.clone();
    let initial = bind.map_or(selected, |signal| signal.get_untracked());
    let held = held_value(bind, &initial);
    view! {
        <Frame around is_required=required>
            <span class="select">
                <select
                    class="input"
                    id=id
                    name=name
                    prop:value=held
                    on:change=move |event| {
                        if let Some(signal) = bind {
                            signal.set(event_target_value(&event));
                        }
                    }
                    required=required
                    disabled=disabled
                    aria-describedby=described_by
                    aria-invalid=is_invalid
                >
                    {option_elements(options, &initial)}
                </select>
                <Icon name=IconName::ChevronsUpDown size=14 />
            </span>
        </Frame>
    }
}

fn option_elements(options: Vec<SelectOption>, selected: &str) -> Vec<impl IntoView + use<>> {
    options
        .into_iter()
        .map(|option| {
            let is_selected = option.value == selected;
            view! { <option value=option.value selected=is_selected>{option.label}</option> }
        })
        .collect()
}
