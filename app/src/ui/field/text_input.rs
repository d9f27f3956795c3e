use leptos::prelude::*;

use super::{Around, Frame, held_value};

/// Which keyboard and check the browser offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputKind {
    #[default]
    Text,
    Email,
    Password,
    Number,
    Date,
}

impl InputKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Password => "password",
            Self::Number => "number",
            Self::Date => "date",
        }
    }
}

/// One line of text. `bind` ties it to a signal; without it the browser keeps the text and `value`
/// is where it starts.
#[component]
pub fn TextInput(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] kind: InputKind,
    #[prop(optional, into)] value: String,
    #[prop(optional)] bind: Option<RwSignal<String>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(default = "off".to_owned(), into)] autocomplete: String,
    /// A regular expression that the whole text must match.
    #[prop(optional, into)]
    pattern: Option<String>,
    #[prop(optional)] length_max: Option<u32>,
    #[prop(optional)] required: bool,
    /// Monospaced: for addresses, keys and code.
    #[prop(optional)]
    monospaced: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let around = Around::new(&name, id, label, hint, error);
    let described_by = around.described_by();
    let is_invalid = around.is_invalid();
    let id = around.id.clone();
    let initial = bind.map_or(value, |signal| signal.get_untracked());
    let held = held_value(bind, &initial);
    view! {
        <Frame around is_required=required>
            <input
                class="input"
                class:is-monospaced=monospaced
                id=id
                name=name
                type=kind.as_str()
                value=initial
                prop:value=held
                on:input=move |event| {
                    if let Some(signal) = bind {
                        signal.set(event_target_value(&event));
                    }
                }
                placeholder=placeholder
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                pattern=pattern
                maxlength=length_max.map(|length| length.to_string())
                required=required
                disabled=disabled
                aria-describedby=described_by
                aria-invalid=is_invalid
            />
        </Frame>
    }
}
