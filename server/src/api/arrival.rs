//! Links that lead in: invitations and the one-time link for the first administrator.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Redirect;
use identity::service::Arrival;
use identity::{IdentityError, RequestContext};

use super::failure::Failure;
use crate::services::Services;

/// `GET /join/<secret>`: remembers the invitation and goes to the sign-in page, which also says
/// what is wrong with a link that does not hold.
pub async fn join(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(secret): Path<String>,
) -> Redirect {
    let arrival = Arrival {
        invitation: Some(secret),
        ..Arrival::default()
    };
    to_sign_in(services.identity.remember_arrival(&context, arrival).await)
}

/// `GET /setup/<secret>`: remembers the set-up link and goes to the sign-in page, likewise.
pub async fn setup(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(secret): Path<String>,
) -> Redirect {
    let arrival = Arrival {
        setup: Some(secret),
        ..Arrival::default()
    };
    to_sign_in(services.identity.remember_arrival(&context, arrival).await)
}

fn to_sign_in(remembered: Result<(), IdentityError>) -> Redirect {
    match remembered {
        Ok(()) => Redirect::to("/sign-in"),
        Err(error) => {
            let Failure(shown) = Failure::from(error);
            Redirect::to(&format!("/sign-in?error={}", shown.code.as_str()))
        }
    }
}
