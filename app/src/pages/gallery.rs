//! Every component in every state, on development instances.

use leptos::prelude::*;

use super::not_found::NotFoundPage;
use crate::shell::use_shell;

/// `/ui`; elsewhere it does not exist.
#[component]
pub fn GalleryPage() -> impl IntoView {
    if !use_shell().site().development {
        return view! { <NotFoundPage /> }.into_any();
    }
    view! { <h1>"Components"</h1> }.into_any()
}
