//! What of a request's head reaches a server: everything that is checked or changed on the way in.

mod cookie;
mod hop_by_hop;
mod reserved_path;

use std::net::IpAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderName, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Version};

use crate::ProxyError;

pub(crate) use cookie::is_own_cookie;
pub use cookie::{DOOR_COOKIE, SECURE_DOOR_COOKIE};
pub(crate) use hop_by_hop::{connection_options, is_hop_by_hop, listed_fields};
pub use reserved_path::RESERVED_PATH_PREFIX;
pub(crate) use reserved_path::is_reserved;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Name and value of a field are followed by `: ` and a line break.
const FIELD_OVERHEAD_BYTES: usize = 4;

/// What the client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Plain,
    /// RFC 6455 §4.1. No other protocol is ever switched to (`h2c` would bypass every rule here).
    WebSocket,
}

/// Refuses whatever could be read differently by us and by a server behind us (RFC 9112 §11.2).
/// Returns the public authority and what is wanted.
pub(crate) fn check(
    parts: &Parts,
    header_bytes_max: usize,
) -> Result<(&str, RequestKind), ProxyError> {
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        return Err(ProxyError::MethodNotAllowed);
    }
    let header_bytes: usize = parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD_BYTES)
        .sum();
    if header_bytes > header_bytes_max {
        return Err(ProxyError::HeaderTooLarge);
    }
    check_framing(&parts.headers)?;
    hop_by_hop::check_connection_options(&parts.headers)?;
    if !parts.uri.path().starts_with('/') {
        return Err(ProxyError::Malformed("its target is not a path"));
    }
    Ok((authority(parts)?, request_kind(parts)?))
}

/// The one host that the request names.
fn authority(parts: &Parts) -> Result<&str, ProxyError> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(
            host.to_str()
                .map_err(|_| ProxyError::Malformed("its host is not text"))?,
        ),
        (None, _) => None,
        (Some(_), Some(_)) => return Err(ProxyError::Malformed("it names several hosts")),
    };
    let in_target = parts.uri.authority().map(http::uri::Authority::as_str);
    match (host, in_target) {
        // HTTP/1: a target with a host of its own is for forward proxies (RFC 9112 §3.2.2).
        (_, Some(_)) if parts.version < Version::HTTP_2 => {
            Err(ProxyError::Malformed("its target is not a path"))
        }
        (Some(host), Some(target)) if !host.eq_ignore_ascii_case(target) => {
            Err(ProxyError::Malformed("it names several hosts"))
        }
        (Some(host), _) => Ok(host),
        (None, Some(target)) => Ok(target),
        (None, None) => Err(ProxyError::Malformed("it names no host")),
    }
}

/// One length, or chunks, and never both.
fn check_framing(headers: &HeaderMap) -> Result<(), ProxyError> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next();
    if lengths.next().is_some() {
        return Err(ProxyError::Malformed("it has several lengths"));
    }
    if length.is_some_and(|length| {
        length.is_empty() || !length.as_bytes().iter().all(u8::is_ascii_digit)
    }) {
        return Err(ProxyError::Malformed("its length is not a number"));
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    if length.is_some() {
        return Err(ProxyError::Malformed("it has both a length and chunks"));
    }
    if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Err(ProxyError::Malformed("its transfer coding is unknown"));
    }
    Ok(())
}

fn request_kind(parts: &Parts) -> Result<RequestKind, ProxyError> {
    let mut protocols = parts.headers.get_all(UPGRADE).iter();
    let (Some(protocol), None) = (protocols.next(), protocols.next()) else {
        return Ok(RequestKind::Plain);
    };
    let asks_for_websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket")
        && connection_options(&parts.headers).any(|option| option.eq_ignore_ascii_case("upgrade"));
    if !asks_for_websocket {
        return Ok(RequestKind::Plain);
    }
    let complete = parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && parts.headers.contains_key(SEC_WEBSOCKET_KEY)
        && parts.headers.contains_key(SEC_WEBSOCKET_VERSION)
        && !parts.headers.contains_key(CONTENT_LENGTH)
        && !parts.headers.contains_key(TRANSFER_ENCODING);
    if !complete {
        return Err(ProxyError::Malformed(
            "its WebSocket handshake is incomplete",
        ));
    }
    Ok(RequestKind::WebSocket)
}

/// What we tell a server about the client.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) authority: &'a str,
    pub(crate) scheme: &'static str,
    pub(crate) client_address: Option<IpAddr>,
}

/// The header fields to send on: the client's without those that only we may set and those that
/// end here (RFC 9110 §7.6.1), and then ours. `Host` stays the public host, so that a server's own
/// check of `Origin` against `Host` holds.
pub(crate) fn forwarded_headers(
    parts: &Parts,
    kind: RequestKind,
    origin: &Origin<'_>,
) -> Result<HeaderMap, ProxyError> {
    let listed = listed_fields(&parts.headers);
    let mut headers = HeaderMap::with_capacity(parts.headers.len() + 6);
    // Two Host fields or none never get here; the one that counts may be in an HTTP/2 target.
    headers.insert(HOST, header_value(origin.authority)?);
    for (name, value) in &parts.headers {
        if name == HOST || is_ours_to_set(name) || listed.contains(name) {
            continue;
        }
        if name != COOKIE {
            headers.append(name, value.clone());
        } else if let Some(cookies) = cookie::without_own(value) {
            headers.append(COOKIE, cookies);
        }
    }
    if kind == RequestKind::WebSocket {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    if let Some(address) = origin.client_address {
        headers.insert(FORWARDED_FOR, header_value(&address.to_string())?);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(origin.scheme));
    headers.insert(FORWARDED_HOST, header_value(origin.authority)?);
    Ok(headers)
}

fn header_value(text: &str) -> Result<HeaderValue, ProxyError> {
    HeaderValue::from_str(text).map_err(|_| ProxyError::Malformed("its host is not text"))
}

/// Fields that must not come from outside: a server believes them because it believes the proxy.
fn is_ours_to_set(name: &HeaderName) -> bool {
    let name = name.as_str();
    if name.contains('_') {
        // CGI-like programs behind a server read `X_Forwarded_For` as `X-Forwarded-For`.
        return is_trusted_or_hop_by_hop(&name.replace('_', "-"));
    }
    is_trusted_or_hop_by_hop(name)
}

fn is_trusted_or_hop_by_hop(name: &str) -> bool {
    is_hop_by_hop(name)
        || match name.as_bytes().first() {
            Some(b'x') => {
                name.starts_with("x-ledgercloud-")
                    || name.starts_with("x-forwarded-")
                    || matches!(name, "x-real-ip" | "x-scheme" | "x-forwarded")
            }
            // The expectation is met here: the body is read when the server reads it. `Proxy`
            // would become HTTP_PROXY in CGI-like programs (httpoxy).
            _ => matches!(name, "forwarded" | "expect" | "proxy"),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const LIMIT: usize = 64 * 1024;

    fn parts(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const HANDSHAKE: [(&str, &str); 5] = [
        ("host", "a.localhost:3000"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
    ];

    #[test]
    fn ambiguous_requests_are_refused() {
        let host = ("host", "a.localhost:3000");
        let check =
            |method, target, headers: &[(&str, &str)], expected: Result<RequestKind, u16>| {
                let parts = parts(method, target, headers);
                let found = check(&parts, LIMIT)
                    .map(|(_, kind)| kind)
                    .map_err(|e| e.status().as_u16());
                assert_eq!(found, expected, "{method} {target} {headers:?}");
            };
        let plain = Ok(RequestKind::Plain);
        check("GET", "/lab?x=http://y/", &[host], plain);
        check("POST", "/", &[host, ("content-length", "3")], plain);
        check(
            "POST",
            "/",
            &[host, ("transfer-encoding", "Chunked")],
            plain,
        );
        check(
            "GET",
            "/",
            &[host, ("connection", "close, x-mine"), ("x-mine", "1")],
            plain,
        );

        check("GET", "/", &[], Err(400));
        check("GET", "/", &[host, ("host", "b.localhost:3000")], Err(400));
        check("GET", "/", &[host, host], Err(400));
        check("GET", "http://a.localhost:3000/", &[host], Err(400));
        check("GET", "http://evil.example/", &[host], Err(400));
        check("OPTIONS", "*", &[host], Err(400));
        check("CONNECT", "a.localhost:3000", &[host], Err(405));
        check("TRACE", "/", &[host], Err(405));
        for bad in [
            &[("content-length", "3"), ("content-length", "3")][..],
            &[("content-length", "3"), ("content-length", "4")],
            &[("content-length", "3, 3")],
            &[("content-length", "+3")],
            &[("content-length", "")],
            &[("content-length", "3"), ("transfer-encoding", "chunked")],
            &[
                ("transfer-encoding", "chunked"),
                ("transfer-encoding", "chunked"),
            ],
            &[("transfer-encoding", "chunked, identity")],
            &[("transfer-encoding", "gzip, chunked")],
            &[("transfer-encoding", "xchunked")],
            &[("transfer-encoding", " chunked ;q=1")],
            &[("connection", "host")],
            &[("connection", "close, Content-Length")],
            &[("connection", "cookie")],
            &[("connection", "origin")],
            &[("connection", "sec-fetch-site")],
        ] {
            check("POST", "/", &[&[host], bad].concat(), Err(400));
        }
        let cookies = "x".repeat(LIMIT);
        check("GET", "/", &[host, ("cookie", &cookies)], Err(431));
    }

    #[test]
    fn only_whole_websocket_handshakes_upgrade() {
        let check = |headers: &[(&str, &str)], expected: Result<RequestKind, u16>| {
            let parts = parts("GET", "/api/events", headers);
            let found = check(&parts, LIMIT)
                .map(|(_, kind)| kind)
                .map_err(|e| e.status().as_u16());
            assert_eq!(found, expected, "{headers:?}");
        };
        check(&HANDSHAKE, Ok(RequestKind::WebSocket));
        check(&HANDSHAKE[..3], Err(400));
        check(
            &[&HANDSHAKE[..], &[("content-length", "0")]].concat(),
            Err(400),
        );
        let host = HANDSHAKE[0];
        check(
            &[host, ("connection", "upgrade"), ("upgrade", "h2c")],
            Ok(RequestKind::Plain),
        );
        check(&[host, ("upgrade", "websocket")], Ok(RequestKind::Plain));
        check(&[host, ("connection", "upgrade")], Ok(RequestKind::Plain));
    }

    fn forwarded(headers: &[(&str, &str)], kind: RequestKind) -> Vec<String> {
        let parts = parts("GET", "/", headers);
        let origin = Origin {
            authority: "a.localhost:3000",
            scheme: "http",
            client_address: Some([192, 0, 2, 7].into()),
        };
        let mut lines: Vec<_> = forwarded_headers(&parts, kind, &origin)
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort();
        lines
    }

    const OURS: [&str; 4] = [
        "host: a.localhost:3000",
        "x-forwarded-for: 192.0.2.7",
        "x-forwarded-host: a.localhost:3000",
        "x-forwarded-proto: http",
    ];

    #[test]
    fn nothing_that_only_we_may_say_passes() {
        let claims = [
            ("host", "A.localhost:3000"),
            ("x-ledgercloud-identity", "v1;forged"),
            ("X_LedgerCloud_Identity", "v1;forged"),
            ("x-ledgercloud-anything", "1"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x_forwarded-for", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-prefix", "/evil"),
            ("x-forwarded", "for=127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
            ("x-real_ip", "127.0.0.1"),
            ("x-scheme", "https"),
            ("proxy", "http://evil.example"),
            ("connection", "keep-alive, X-Mine , ,x-also-mine"),
            ("connection", "x-third"),
            ("x-mine", "1"),
            ("x-also-mine", "1"),
            ("x-third", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic x"),
            ("proxy-authenticate", "Basic"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("expect", "100-continue"),
            ("cookie", "ledgercloud-door=secret"),
        ];
        assert_eq!(forwarded(&claims, RequestKind::Plain), OURS);
    }

    #[test]
    fn everything_else_passes_unchanged() {
        let fields = [
            ("accept", "*/*"),
            ("authorization", "token x"),
            ("content-length", "3"),
            ("cookie", "_xsrf=2|a; ledgercloud-door=s; username=\"x; y\""),
            ("origin", "http://a.localhost:3000"),
            ("sec-websocket-extensions", "permessage-deflate"),
            ("x-custom_field", "1"),
            ("x-xsrftoken", "2|a"),
        ];
        let mut expected: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        expected[3] = "cookie: _xsrf=2|a; username=\"x; y\"".to_owned();
        expected.extend(OURS.map(str::to_owned));
        expected.sort();
        assert_eq!(forwarded(&fields, RequestKind::Plain), expected);
    }

    #[test]
    fn a_handshake_keeps_its_upgrade() {
        let lines = forwarded(&HANDSHAKE, RequestKind::WebSocket);
        assert!(
            lines.contains(&"connection: Upgrade".to_owned()),
            "{lines:?}"
        );
        assert!(
            lines.contains(&"upgrade: websocket".to_owned()),
            "{lines:?}"
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("sec-websocket-key")),
            "{lines:?}"
        );
    }

    #[test]
    fn http_2_names_its_host_in_the_target() {
        let mut parts = parts("GET", "http://a.localhost:3000/lab", &[]);
        parts.version = Version::HTTP_2;
        assert_eq!(
            check(&parts, LIMIT),
            Ok(("a.localhost:3000", RequestKind::Plain))
        );
        parts
            .headers
            .insert(HOST, HeaderValue::from_static("b.localhost:3000"));
        assert!(check(&parts, LIMIT).is_err());
    }
}
