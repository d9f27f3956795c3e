//! Text for machines.

use leptos::prelude::*;

use super::copy_button::CopyButton;

/// A block of code, as it is, with a button that copies it.
#[component]
pub fn Code(#[prop(into)] text: String, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <div class="code" role="group" aria-label=label>
            <pre tabindex="0"><code>{text.clone()}</code></pre>
            <CopyButton text=text />
        </div>
    }
}
