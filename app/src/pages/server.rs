//! One server.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn ServerPage() -> impl IntoView {}
