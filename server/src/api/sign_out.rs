//! Signing out, as a form post so that no link can do it.

use axum::extract::State;
use axum::response::Redirect;
use axum::{Extension, Form};
use identity::RequestContext;
use identity::service::SignOutScope;
use serde::Deserialize;

use super::failure::Failure;
use crate::services::Services;

/// Body of the form.
#[derive(Debug, Deserialize, Default)]
pub struct SignOutForm {
    /// `everywhere` ends every session of the user.
    #[serde(default)]
    scope: String,
}

/// `POST /sign-out`
pub async fn sign_out(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Form(form): Form<SignOutForm>,
) -> Result<Redirect, Failure> {
    let scope = if form.scope == "everywhere" {
        SignOutScope::Everywhere
    } else {
        SignOutScope::ThisSession
    };
    services.identity.sign_out(&context, scope).await?;
    Ok(Redirect::to("/"))
}
