//! The two ends of the OAuth 2.0 authorization code flow (RFC 6749 §4.1).

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use identity::RequestContext;
use identity::service::OauthCallback;
use serde::Deserialize;
use types::sign_in::ProofPurpose;

use super::failure::Failure;
use crate::services::Services;

/// Query of the start.
#[derive(Debug, Deserialize)]
pub struct StartQuery {
    #[serde(default = "sign_in")]
    purpose: ProofPurpose,
}

const fn sign_in() -> ProofPurpose {
    ProofPurpose::SignIn
}

/// `GET /oauth/<provider>/start`: goes to the provider.
pub async fn start(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(provider): Path<String>,
    Query(query): Query<StartQuery>,
) -> Result<Redirect, Failure> {
    let url = services
        .identity
        .begin_oauth(&context, query.purpose, &provider)
        .await?;
    Ok(Redirect::to(url.as_str()))
}

/// `GET /oauth/<provider>/callback`: comes back from the provider. What goes wrong is shown on
/// the page where it began.
pub async fn callback(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(provider): Path<String>,
    Query(query): Query<OauthCallback>,
) -> Redirect {
    match services
        .identity
        .finish_oauth(&context, &provider, &query)
        .await
    {
        Ok(outcome) => {
            if outcome.purpose == ProofPurpose::SignIn {
                services.pages().after_sign_in(outcome.user_id).await;
            }
            Redirect::to(crate::door::safe_path(&outcome.next, "/dashboard"))
        }
        Err(error) => {
            let Failure(shown) = Failure::from(error);
            let page = if context.viewer.is_some() {
                "/account"
            } else {
                "/sign-in"
            };
            let text: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("error", shown.code.as_str())
                .append_pair("message", &shown.message)
                .finish();
            Redirect::to(&format!("{page}?{text}"))
        }
    }
}
