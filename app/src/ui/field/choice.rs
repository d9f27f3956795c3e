use leptos::prelude::*;

use super::{Around, FieldError};

/// Yes or no, taken over with the form.
#[component]
pub fn Checkbox(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// Sent when checked.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    #[prop(optional)] checked: bool,
    #[prop(optional)] bind: Option<RwSignal<bool>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let control = Control {
        class: "checkbox",
        role: None,
        value,
        checked,
        bind,
        required,
        disabled,
    };
    choice(Around::new(&name, id, label, hint, error), name, control)
}

/// On or off, in effect at once: dispatch on `on:change`, or put it in a form with a button.
#[component]
pub fn Switch(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] checked: bool,
    #[prop(optional)] bind: Option<RwSignal<bool>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let value = "true".to_owned();
    let control = Control {
        class: "switch",
        role: Some("switch"),
        value,
        checked,
        bind,
        required: false,
        disabled,
    };
    choice(Around::new(&name, id, label, hint, error), name, control)
}

struct Control {
    class: &'static str,
    role: Option<&'static str>,
    value: String,
    checked: bool,
    bind: Option<RwSignal<bool>>,
    required: bool,
    disabled: Signal<bool>,
}

fn choice(around: Around, name: String, control: Control) -> impl IntoView {
    let hint_id = format!("{}-hint", around.id);
    let bind = control.bind;
    let initial = bind.map_or(control.checked, |signal| signal.get_untracked());
    view! {
        <div class="field">
            <div class="choice">
                <input
                    class=control.class
                    id=around.id.clone()
                    name=name
                    type="checkbox"
                    role=control.role
                    value=control.value
                    checked=initial
                    prop:checked=move || bind.map(|signal| signal.get())
                    on:change=move |event| {
                        if let Some(signal) = bind {
                            signal.set(event_target_checked(&event));
                        }
                    }
                    required=control.required
                    disabled=control.disabled
                    aria-describedby=around.described_by()
                    aria-invalid=around.is_invalid()
                />
                <div class="choice-text">
                    <label for=around.id.clone()>{around.label}</label>
                    {around.hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
                </div>
            </div>
            <FieldError id=format!("{}-error", around.id) error=around.error />
        </div>
    }
}
