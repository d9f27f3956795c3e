//! Form controls with their label, hint and error. Ids follow from the form field's name; give
//! `id` where two forms of a page have a field of the same name.

mod choice;
mod file_input;
mod select;
mod text_area;
mod text_input;

pub use choice::{Checkbox, Switch};
pub use file_input::FileInput;
pub use select::{Select, SelectOption};
pub use text_area::TextArea;
pub use text_input::{InputKind, TextInput};

use leptos::prelude::*;

use super::element_id::slug;
use super::icon::{Icon, IconName};

/// The ids and texts around a control.
#[derive(Debug, Clone)]
struct Around {
    id: String,
    label: String,
    hint: Option<String>,
    error: Signal<Option<String>>,
}

impl Around {
    fn new(
        name: &str,
        id: Option<String>,
        label: String,
        hint: Option<String>,
        error: Signal<Option<String>>,
    ) -> Self {
        let id = id.unwrap_or_else(|| format!("field-{}", slug(name)));
        Self {
            id,
            label,
            hint,
            error,
        }
    }

    /// For `aria-describedby`: the hint, then the error. Both elements always exist when named.
    fn described_by(&self) -> String {
        match self.hint {
            Some(_) => format!("{0}-hint {0}-error", self.id),
            None => format!("{}-error", self.id),
        }
    }

    fn is_invalid(&self) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync + use<> {
        let error = self.error;
        move || error.with(Option::is_some).then_some("true")
    }
}

/// The text that a control holds. One without a signal belongs to the browser: what a person typed
/// before the page was taken over stays. But when a navigation renders the same control again, for
/// another address, it begins anew with that address's value.
pub(super) fn held_value(
    bind: Option<RwSignal<String>>,
    initial: &str,
) -> impl Fn() -> Option<String> + Send + Sync + use<> {
    let is_hydrating =
        Owner::current_shared_context().is_some_and(|context| context.during_hydration());
    let initial = (!is_hydrating).then(|| initial.to_owned());
    move || match bind {
        Some(signal) => Some(signal.get()),
        None => initial.clone(),
    }
}

/// Label above, hint and error below.
#[component]
fn Frame(around: Around, #[prop(optional)] is_required: bool, children: Children) -> impl IntoView {
    let hint_id = format!("{}-hint", around.id);
    view! {
        <div class="field">
            <label class="field-label" for=around.id.clone()>
                {around.label}
                {is_required.then(|| view! { <span class="field-required" aria-hidden="true">"*"</span> })}
            </label>
            {children()}
            {around.hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            <FieldError id=format!("{}-error", around.id) error=around.error />
        </div>
    }
}

/// The place of an error: always there, so that screen readers announce what appears in it.
#[component]
fn FieldError(id: String, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        <p class="field-error" id=id aria-live="polite">
            {move || error.get().map(|text| view! { <Icon name=IconName::Alert size=14 />{text} })}
        </p>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
