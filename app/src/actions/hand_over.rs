//! Results of forms that were posted without JavaScript: the answer is a redirect back to the
//! page, so the result waits in the session for that page, which takes it away when it shows it.

use http::header::ACCEPT;
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

fn is_plain_form() -> bool {
    use_context::<Parts>()
        .and_then(|parts| {
            parts
                .headers
                .get(ACCEPT)
                .and_then(|value| value.to_str().ok())
                .map(accepts_page)
        })
        .unwrap_or(false)
}

/// Browsers ask for a page when they post a form themselves; our scripts ask for data.
fn accepts_page(accept: &str) -> bool {
    accept.contains("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

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
