//! The two ends of the OAuth 2.0 authorization code flow (RFC 6749 §4.1).

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use http::HeaderMap;
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

/// `GET /oauth/<provider>/start`: goes to the provider. It begins something, so only our own
/// pages lead here: a link elsewhere ends where our own link is.
pub async fn start(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(provider): Path<String>,
    Query(query): Query<StartQuery>,
    headers: HeaderMap,
) -> Result<Redirect, Failure> {
    if is_from_elsewhere(&headers) {
        return Ok(Redirect::to(match query.purpose {
            ProofPurpose::Link => "/account",
            ProofPurpose::SignIn => "/sign-in",
        }));
    }
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

/// Whether the browser says that another site's page led here (Fetch Metadata).
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_begin_a_sign_in() {
        for (site, expected) in [
            (None, false),
            (Some("same-origin"), false),
            (Some("none"), false),
            (Some("same-site"), true),
            (Some("cross-site"), true),
            (Some("something-new"), true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(is_from_elsewhere(&headers), expected, "{site:?}");
        }
    }
}
