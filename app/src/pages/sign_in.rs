//! Sign-in.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn SignInPage() -> impl IntoView {}
