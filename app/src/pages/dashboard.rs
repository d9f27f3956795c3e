//! The dashboard.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn DashboardPage() -> impl IntoView {}
