//! Refusal of cross-site requests, as a second gate before a server's own XSRF and Origin checks:
//! extensions of notebook servers often forget theirs (OWASP: Fetch Metadata as defence in depth).
//!
//! The rules, by what the browser says:
//! - Top-level navigation by a safe method is allowed from anywhere: links lead to notebooks.
//! - Every other request that carries `Origin` or `Sec-Fetch-Site` must come from the server's own
//!   origin, whether it writes or reads: no site embeds another person's notebook files.
//! - A write or WebSocket with neither field is not from a current browser. It passes only without
//!   cookies, because without them nothing is done in a browser user's name.

use http::header::{COOKIE, HeaderName, ORIGIN};
use http::request::Parts;

use crate::request_head::RequestKind;
use crate::{HostPattern, ProxyError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Refuses a request that another site caused.
pub(crate) fn check(
    parts: &Parts,
    kind: RequestKind,
    authority: &str,
    pattern: &HostPattern,
) -> Result<(), ProxyError> {
    let is_write = kind == RequestKind::WebSocket || !parts.method.is_safe();
    if !is_write && is_top_level_navigation(parts) {
        return Ok(());
    }
    let mut origins = parts.headers.get_all(ORIGIN).iter();
    let (origin, second_origin) = (origins.next(), origins.next());
    let site = parts.headers.get(SEC_FETCH_SITE);
    if second_origin.is_some() {
        return Err(ProxyError::CrossOrigin);
    }
    let is_own_origin = |origin: &http::HeaderValue| {
        origin
            .to_str()
            .is_ok_and(|origin| pattern.is_origin_of(origin, authority))
    };
    if origin.is_some_and(|origin| !is_own_origin(origin)) {
        return Err(ProxyError::CrossOrigin);
    }
    // "none": the person, not a page, caused it (an address typed, a file reloaded).
    if site.is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none")) {
        return Err(ProxyError::CrossOrigin);
    }
    let is_from_browser = origin.is_some() || site.is_some();
    if is_write && !is_from_browser && parts.headers.contains_key(COOKIE) {
        return Err(ProxyError::CrossOrigin);
    }
    Ok(())
}

/// Whether the answer will be a page of its own and not part of another's.
pub(crate) fn is_top_level_navigation(parts: &Parts) -> bool {
    let says = |name: &HeaderName, expected: &[u8]| {
        parts
            .headers
            .get(name)
            .is_some_and(|value| value.as_bytes() == expected)
    };
    says(&SEC_FETCH_MODE, b"navigate")
        && (says(&SEC_FETCH_DEST, b"document") || !parts.headers.contains_key(SEC_FETCH_DEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const OWN: (&str, &str) = ("origin", "http://a.localhost:3000");
    const SIBLING: (&str, &str) = ("origin", "http://b.localhost:3000");
    const COOKIES: (&str, &str) = ("cookie", "x=1");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
    const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");
    const NO_CORS: (&str, &str) = ("sec-fetch-mode", "no-cors");

    fn check(method: &str, kind: RequestKind, headers: &[(&str, &str)], allowed: Allowed) {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let pattern = "http://{label}.localhost:3000".parse().unwrap();
        let found = super::check(&parts, kind, "a.localhost:3000", &pattern);
        let expected = match allowed {
            Allowed::Yes => Ok(()),
            Allowed::No => Err(ProxyError::CrossOrigin),
        };
        assert_eq!(found, expected, "{method} {kind:?} {headers:?}");
    }

    #[derive(Clone, Copy)]
    enum Allowed {
        Yes,
        No,
    }
    use Allowed::{No, Yes};

    #[test]
    fn writes_come_from_the_own_origin() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            let check = |headers: &[(&str, &str)], allowed| {
                check(method, RequestKind::Plain, headers, allowed);
            };
            check(&[OWN, COOKIES], Yes);
            check(&[OWN, SAME, COOKIES], Yes);
            check(&[SAME, COOKIES], Yes);
            check(&[SIBLING, COOKIES], No);
            check(&[SIBLING], No);
            check(&[("origin", "null"), SAME, COOKIES], No);
            check(&[OWN, CROSS, COOKIES], No);
            check(&[OWN, ("sec-fetch-site", "same-site"), COOKIES], No);
            check(&[OWN, SIBLING, COOKIES], No);
            check(&[CROSS, NAVIGATE, COOKIES], No);
            check(&[COOKIES], No);
            check(&[], Yes);
            check(&[("authorization", "token x")], Yes);
        }
    }

    #[test]
    fn websockets_come_from_the_own_origin() {
        let check = |headers: &[(&str, &str)], allowed| {
            check("GET", RequestKind::WebSocket, headers, allowed);
        };
        check(&[OWN, COOKIES], Yes);
        check(&[OWN, SAME, COOKIES], Yes);
        check(&[SIBLING, COOKIES], No);
        check(&[OWN, CROSS, COOKIES], No);
        check(&[COOKIES], No);
        check(&[], Yes);
    }

    #[test]
    fn reads_are_not_embedded_elsewhere() {
        for method in ["GET", "HEAD"] {
            let check = |headers: &[(&str, &str)], allowed| {
                check(method, RequestKind::Plain, headers, allowed);
            };
            check(&[COOKIES], Yes);
            check(&[SAME, NO_CORS, COOKIES], Yes);
            check(&[("sec-fetch-site", "none"), NAVIGATE, COOKIES], Yes);
            check(
                &[CROSS, NAVIGATE, ("sec-fetch-dest", "document"), COOKIES],
                Yes,
            );
            check(
                &[CROSS, NAVIGATE, ("sec-fetch-dest", "iframe"), COOKIES],
                No,
            );
            check(&[CROSS, NO_CORS, ("sec-fetch-dest", "script"), COOKIES], No);
            check(&[("sec-fetch-site", "same-site"), NO_CORS, COOKIES], No);
            check(&[SIBLING, COOKIES], No);
        }
    }
}
