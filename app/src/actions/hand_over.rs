//! Results of forms that were posted without JavaScript: the answer is a redirect back to the
//! page, so the result waits in memory for that page, which takes it away when it shows it.

use std::time::Instant;

use http::header::{ACCEPT, HeaderName, REFERER};
use http::request::Parts;
use leptos::prelude::use_context;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::authority::SignedIn;

/// Keeps `result` for the next page, if this request is a plain form's.
pub(super) fn keep_for_plain_form<T: Serialize>(request: &SignedIn, name: &str, result: &T) {
    let Some(session) = request.context.session_key.filter(|_| is_plain_form()) else {
        return;
    };
    match serde_json::to_value(result) {
        Ok(value) => {
            let results = &request.services.form_results;
            results.keep(session, name, value, Instant::now());
        }
        Err(error) => {
            let request_id = &request.context.request_id;
            tracing::error!(request_id, %error, "a form's result was not kept for its page");
        }
    }
}

/// The result that waits under `name`, which then waits no longer.
pub(super) fn take<T: DeserializeOwned>(request: &SignedIn, name: &str) -> Option<T> {
    let session = request.context.session_key?;
    let results = &request.services.form_results;
    let value = results.take(session, name, Instant::now())?;
    match serde_json::from_value(value) {
        Ok(result) => Some(result),
        Err(error) => {
            let request_id = &request.context.request_id;
            tracing::error!(request_id, %error, "a form's result was not read");
            None
        }
    }
}

/// Sends a browser that posted a form itself to `path` instead of back.
pub(super) fn redirect_plain_form(path: &str) {
    if is_plain_form() {
        leptos_axum::redirect(path);
    }
}

/// The same, if the form was on a page whose path starts with `from`.
pub(super) fn redirect_plain_form_from(from: &str, path: &str) {
    if request_header(&REFERER).is_some_and(|referer| has_path_prefix(&referer, from)) {
        redirect_plain_form(path);
    }
}

fn has_path_prefix(address: &str, prefix: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.path().starts_with(prefix))
}

fn request_header(name: &HeaderName) -> Option<String> {
    let parts = use_context::<Parts>()?;
    parts.headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn is_plain_form() -> bool {
    request_header(&ACCEPT).is_some_and(|accept| accepts_page(&accept))
}

/// Browsers ask for a page when they post a form themselves; our scripts ask for data.
fn accepts_page(accept: &str) -> bool {
    accept.contains("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_the_page_before_counts() {
        for (address, expected) in [
            ("http://localhost:3000/start/satoshi?next=%2Flab", true),
            ("http://localhost:3000/dashboard?x=/start/", false),
            ("/start/satoshi", false),
            ("", false),
        ] {
            assert_eq!(has_path_prefix(address, "/start/"), expected, "{address}");
        }
    }

    #[test]
    fn a_browser_that_posts_a_form_asks_for_a_page() {
        for (accept, expected) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("application/json", false),
            ("*/*", false),
        ] {
            assert_eq!(accepts_page(accept), expected, "{accept}");
        }
    }
}
