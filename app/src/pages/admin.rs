//! Administration.

use leptos::prelude::*;

/// To be written.
#[component]
pub fn UsersPage() -> impl IntoView {}

/// To be written.
#[component]
pub fn UserPage() -> impl IntoView {}

/// To be written.
#[component]
pub fn ServersPage() -> impl IntoView {}

/// To be written.
#[component]
pub fn BulkPage() -> impl IntoView {}

/// To be written.
#[component]
pub fn InvitationsPage() -> impl IntoView {}

/// To be written.
#[component]
pub fn AuditPage() -> impl IntoView {}
