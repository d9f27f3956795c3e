//! Links that lead in: invitations and the one-time link for the first administrator.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Redirect;
use identity::RequestContext;
use identity::service::Arrival;

use super::failure::Failure;
use crate::services::Services;

/// `GET /join/<secret>`: remembers the invitation and goes to the sign-in page.
pub async fn join(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(secret): Path<String>,
) -> Result<Redirect, Failure> {
    let arrival = Arrival {
        invitation: Some(secret),
        ..Arrival::default()
    };
    services
        .identity
        .remember_arrival(&context, arrival)
        .await?;
    Ok(Redirect::to("/sign-in"))
}

/// `GET /setup/<secret>`: remembers the set-up link and goes to the sign-in page.
pub async fn setup(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(secret): Path<String>,
) -> Result<Redirect, Failure> {
    let arrival = Arrival {
        setup: Some(secret),
        ..Arrival::default()
    };
    services
        .identity
        .remember_arrival(&context, arrival)
        .await?;
    Ok(Redirect::to("/sign-in"))
}
