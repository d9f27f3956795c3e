//! The account.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn AccountPage() -> impl IntoView {}
