//! The outline of what is being loaded.

use leptos::prelude::*;

/// Grey lines; the last is shorter.
#[component]
pub fn Skeleton(
    #[prop(default = 3)] lines: u8,
    #[prop(default = "Loading".to_owned(), into)] label: String,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label=label>
            {(0..lines).map(|_| view! { <span class="skeleton-line"></span> }).collect_view()}
        </div>
    }
}
