//! Start of a server.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn StartPage() -> impl IntoView {}
