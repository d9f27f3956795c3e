use leptos::prelude::*;

use super::{Around, Frame, held_value};

/// Several lines of text.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional)] bind: Option<RwSignal<String>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(default = 6)] rows: u16,
    #[prop(optional)] length_max: Option<u32>,
    #[prop(optional)] required: bool,
    /// Monospaced and not wrapped: for CSV, keys and code.
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
            <textarea
                class="input textarea"
                class:is-monospaced=monospaced
                id=id
                name=name
                rows=rows
                prop:value=held
                on:input=move |event| {
                    if let Some(signal) = bind {
                        signal.set(event_target_value(&event));
                    }
                }
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                wrap=monospaced.then_some("off")
                maxlength=length_max.map(|length| length.to_string())
                required=required
                disabled=disabled
                aria-describedby=described_by
                aria-invalid=is_invalid
            >
                {initial}
            </textarea>
        </Frame>
    }
}
