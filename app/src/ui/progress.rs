//! How far something is.

use leptos::prelude::*;

/// A determinate bar with what is happening. `value` is 0–100.
#[component]
pub fn Progress(
    #[prop(into)] value: Signal<u8>,
    #[prop(into)] label: String,
    /// What is happening right now; announced when it changes.
    #[prop(optional, into)]
    message: Signal<String>,
) -> impl IntoView {
    let percent = move || value.get().min(100);
    view! {
        <div class="progress">
            <div
                class="progress-track"
                role="progressbar"
                aria-label=label
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent
            >
                // A custom property and not a width: the policy of this site allows no inline
                // style, but a script may set properties; the attribute says it without one.
                <svg class="progress-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=percent height="1" />
                </svg>
            </div>
            <p class="progress-text">
                <span class="progress-message" aria-live="polite">{move || message.get()}</span>
                <span class="progress-percent">{percent}"%"</span>
            </p>
        </div>
    }
}
