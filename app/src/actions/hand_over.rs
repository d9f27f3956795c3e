//! Results of forms that were posted without JavaScript: the answer is a redirect back to the
//! page, so the result waits in the session for that page, which takes it away when it shows it.

use http::header::{ACCEPT, HeaderName, REFERER};
use http::request::Parts;
use identity::RequestContext;
use leptos::prelude::use_context;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Keeps `result` for the next page, if this request is a plain form's.
pub(super) async fn keep_for_plain_form<T: Serialize + Sync>(
    context: &RequestContext,
    key: &str,
    result: &T,
) {
    if !is_plain_form() {
        return;
    }
    if let Err(error) = context.session.insert(key, result).await {
        tracing::error!(request_id = context.request_id, %error, "a form's result was not kept for its page");
    }
}

/// The result that waits under `key`, which then waits no longer.
pub(super) async fn take<T: DeserializeOwned>(context: &RequestContext, key: &str) -> Option<T> {
    match context.session.remove(key).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(request_id = context.request_id, %error, "a form's result was not read");
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
