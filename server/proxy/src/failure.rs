//! Answers to requests that no server has answered: a small page for people, JSON for programs.

use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::same_origin::is_top_level_navigation;
use crate::{ProxyBody, ProxyError};

/// How long to wait before asking a server again that did not answer.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Person,
    Program,
}

/// People navigate; everything else is a program, also a page's own script.
pub(crate) fn reader_of(parts: &Parts) -> Reader {
    let accepts_html = parts
        .headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let is_navigation = is_top_level_navigation(parts)
        || !parts.headers.contains_key("sec-fetch-mode") && parts.method == Method::GET;
    if accepts_html && is_navigation {
        Reader::Person
    } else {
        Reader::Program
    }
}

/// The answer. It says what to do, and nothing about the inside.
pub(crate) fn answer(error: &ProxyError, reader: Reader, hub_origin: &str) -> Response<ProxyBody> {
    let status = error.status();
    let (content_type, body) = match reader {
        Reader::Person => ("text/html; charset=utf-8", page(error, hub_origin)),
        Reader::Program => ("application/json", json(error)),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)).map_err(|e| match e {}).boxed());
    *response.status_mut() = status;
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    response
}

fn json(error: &ProxyError) -> String {
    serde_json::json!({ "status": error.status().as_u16(), "message": error.to_string() })
        .to_string()
}

fn page(error: &ProxyError, hub_origin: &str) -> String {
    let title = match error.status() {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => "Notebook server unavailable",
        StatusCode::FORBIDDEN => "No access",
        StatusCode::NOT_FOUND | StatusCode::MISDIRECTED_REQUEST => "Nothing here",
        _ => "Request refused",
    };
    let message = escaped(&error.to_string());
    let hub = escaped(hub_origin);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · LedgerCloud</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 32rem; padding: 0 1.5rem; }}
h1 {{ font-size: 1.375rem; }}
a {{ margin-right: 1.5rem; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{message}</p>
<p><a href="">Try again</a><a href="{hub}/dashboard">Go to your servers</a></p>
</main>
</body>
</html>
"#
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn check_reader(headers: &[(&str, &str)], expected: Reader) {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        assert_eq!(reader_of(&parts), expected, "{headers:?}");
    }

    #[test]
    fn only_navigation_gets_a_page() {
        let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        check_reader(&[html], Reader::Person);
        check_reader(&[html, ("sec-fetch-mode", "navigate")], Reader::Person);
        check_reader(&[html, ("sec-fetch-mode", "cors")], Reader::Program);
        check_reader(
            &[("accept", "*/*"), ("sec-fetch-mode", "navigate")],
            Reader::Program,
        );
        check_reader(&[("accept", "application/json")], Reader::Program);
        check_reader(&[], Reader::Program);
    }

    #[tokio::test]
    async fn answers_are_of_the_readers_kind() {
        let error = ProxyError::Unreachable;
        let response = answer(&error, Reader::Program, "http://hub.example");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["status"], 503);
        assert_eq!(value["message"], error.to_string());

        let response = answer(&error, Reader::Person, "http://hub.example/\"><script>");
        assert!(
            response.headers()[CONTENT_TYPE]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = std::str::from_utf8(&body).unwrap();
        assert!(page.contains("Notebook server unavailable"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
    }
}
