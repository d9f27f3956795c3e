use leptos::prelude::*;

use super::{Around, Frame};

/// A file from the reader's machine; `on:change` tells when one was chosen.
#[component]
pub fn FileInput(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// Types that the browser offers: `.csv,text/csv`.
    #[prop(optional, into)]
    accept: Option<String>,
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
    view! {
        <Frame around is_required=required>
            <input
                class="input file-input"
                id=id
                name=name
                type="file"
                accept=accept
                required=required
                disabled=disabled
                aria-describedby=described_by
                aria-invalid=is_invalid
            />
        </Frame>
    }
}
