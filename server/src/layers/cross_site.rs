//! Writes that did not come from our own pages are refused, before any handler sees them
//! (OWASP ASVS 5.0, 3.5.1; Fetch Metadata).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{COOKIE, ORIGIN};
use http::{HeaderMap, Method, Uri};
use types::{ApiError, ErrorCode};

use crate::api::failure::Failure;
use crate::door::safe_path;

/// Refuses unsafe requests from other sites.
pub async fn refuse_cross_site(
    State(hub_origin): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    if is_acceptable(request.method(), request.headers(), &hub_origin) {
        return next.run(request).await;
    }
    Failure(ApiError::new(
        ErrorCode::CrossSite,
        "this request did not come from a page of this site",
    ))
    .into_response()
}

/// Redirects a request that another site made and that brings words for our own page with it: our
/// forms send a browser without JavaScript back to their page with what went wrong in its address,
/// and whoever can make a link could have the page say anything.
pub async fn drop_foreign_words(request: Request, next: Next) -> Response {
    if brings_foreign_words(request.uri(), request.headers()) {
        let path = safe_path(request.uri().path(), "/");
        return Redirect::to(path).into_response();
    }
    next.run(request).await
}

fn brings_foreign_words(uri: &Uri, headers: &HeaderMap) -> bool {
    let is_foreign = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin");
    is_foreign && uri.query().is_some_and(has_form_error)
}

/// Whether the query holds the name under which `leptos_router` finds a form's failure.
fn has_form_error(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "__err")
}

/// Safe methods pass. Others must name our origin, or be a fetch that the browser marks as from
/// the same origin. A request that says neither and carries no cookie comes from a program that
/// has no ambient rights, and passes.
fn is_acceptable(method: &Method, headers: &HeaderMap, hub_origin: &str) -> bool {
    if method.is_safe() {
        return true;
    }
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    if matches!(site, Some(site) if site != "same-origin") {
        return false;
    }
    let mode = headers
        .get("sec-fetch-mode")
        .and_then(|value| value.to_str().ok());
    if mode == Some("no-cors") {
        return false;
    }
    match headers.get(ORIGIN).map(|value| value.to_str()) {
        Some(Ok(origin)) => origin == hub_origin,
        Some(Err(_)) => false,
        None => site.is_some() || !headers.contains_key(COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, headers: &[(&str, &str)], expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(
            is_acceptable(&method, &map, "http://localhost:3000"),
            expected,
            "{method} {headers:?}"
        );
    }

    #[test]
    fn words_from_another_site_are_dropped() {
        for (uri, site, expected) in [
            ("/admin?__path=a&__err=e30", Some("cross-site"), true),
            ("/admin?%5F%5Ferr=e30", Some("same-site"), true),
            ("/admin?__err=e30", Some("none"), true),
            ("/admin?__err=e30", Some("same-origin"), false),
            ("/admin?__err=e30", None, false),
            ("/admin?q=__err", Some("cross-site"), false),
            ("/admin", Some("cross-site"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            let uri: Uri = uri.parse().unwrap();
            let found = brings_foreign_words(&uri, &headers);
            assert_eq!(found, expected, "{uri} {site:?}");
        }
    }

    #[test]
    fn only_our_own_pages_may_write() {
        check("GET", &[("sec-fetch-site", "cross-site")], true);
        check(
            "POST",
            &[
                ("origin", "http://localhost:3000"),
                ("sec-fetch-site", "same-origin"),
            ],
            true,
        );
        check("POST", &[("origin", "http://localhost:3000")], true);
        check("POST", &[("sec-fetch-site", "same-origin")], true);
        check("POST", &[], true);
        check("POST", &[("cookie", "a=b")], false);
        check("POST", &[("origin", "null")], false);
        check(
            "POST",
            &[
                ("origin", "http://alice.localhost:3000"),
                ("sec-fetch-site", "same-site"),
            ],
            false,
        );
        check("POST", &[("origin", "http://localhost:3001")], false);
        check("DELETE", &[("sec-fetch-site", "cross-site")], false);
        check("POST", &[("sec-fetch-site", "none")], false);
        check(
            "POST",
            &[
                ("origin", "http://localhost:3000"),
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", "no-cors"),
            ],
            false,
        );
    }
}
