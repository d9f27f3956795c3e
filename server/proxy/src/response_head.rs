//! What of a server's answer reaches the browser: everything that is changed on the way out.

use http::header::{
    CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, TRANSFER_ENCODING,
};

use crate::request_head::{is_hop_by_hop, is_own_cookie, listed_fields};

/// Removes what ends here (RFC 9110 §7.6.1) and what a notebook must not say:
///
/// - a cookie under one of our names, or for more than its own host;
/// - `Clear-Site-Data`, which would sign the person out of the hub and of other servers;
/// - `Alt-Svc`, which names ways round the proxy;
/// - fields that only the proxy sets.
pub(crate) fn filter(headers: &mut HeaderMap) {
    let listed = listed_fields(headers);
    // Hyper has decoded the chunks; a length beside them is a lie (RFC 9112 §6.3).
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    let removed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_removed(name.as_str()) || is_listed(&listed, name))
        .cloned()
        .collect();
    for name in removed {
        headers.remove(name);
    }
    filter_cookies(headers);
}

fn is_removed(name: &str) -> bool {
    is_hop_by_hop(name)
        || matches!(name, "clear-site-data" | "alt-svc" | "set-cookie2")
        || name.starts_with("x-ledgercloud-")
}

/// A server may not use its `Connection` field to drop what frames or protects the answer.
fn is_listed(listed: &[HeaderName], name: &HeaderName) -> bool {
    listed.contains(name)
        && !name.as_str().starts_with("content-")
        && !name.as_str().starts_with("sec-")
        && !matches!(
            name.as_str(),
            "set-cookie" | "x-content-type-options" | "x-frame-options"
        )
}

fn filter_cookies(headers: &mut HeaderMap) {
    let is_changed = |cookie: &HeaderValue| !matches!(filtered_cookie(cookie), Filtered::Keep);
    if !headers.get_all(SET_COOKIE).iter().any(is_changed) {
        return;
    }
    let http::header::Entry::Occupied(entry) = headers.entry(SET_COOKIE) else {
        return;
    };
    let (name, cookies) = entry.remove_entry_mult();
    let cookies: Vec<HeaderValue> = cookies.collect();
    for cookie in cookies {
        match filtered_cookie(&cookie) {
            Filtered::Keep => drop(headers.append(&name, cookie)),
            Filtered::Change(changed) => drop(headers.append(&name, changed)),
            Filtered::Drop => {}
        }
    }
}

enum Filtered {
    Keep,
    Change(HeaderValue),
    Drop,
}

/// A `Set-Cookie` value, parsed as browsers do (RFC 6265bis §5.6).
fn filtered_cookie(cookie: &HeaderValue) -> Filtered {
    let mut pieces = cookie.as_bytes().split(|&byte| byte == b';');
    let pair = pieces.next().unwrap_or_default().trim_ascii();
    // A nameless cookie (`=ledgercloud-door=x`) is sent back without its first equals sign.
    let named = pair
        .iter()
        .position(|&byte| byte != b'=' && !byte.is_ascii_whitespace());
    let name = &pair[named.unwrap_or(pair.len())..];
    let name = name
        .split(|&byte| byte == b'=')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if is_own_cookie(name) {
        return Filtered::Drop;
    }
    let is_domain = |attribute: &&[u8]| {
        let name = attribute
            .split(|&byte| byte == b'=')
            .next()
            .unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"domain")
    };
    if !pieces.clone().any(|attribute| is_domain(&attribute)) {
        return Filtered::Keep;
    }
    let mut kept = vec![pair];
    kept.extend(
        pieces
            .filter(|attribute| !is_domain(attribute))
            .map(<[u8]>::trim_ascii),
    );
    HeaderValue::from_bytes(&kept.join(&b"; "[..])).map_or(Filtered::Drop, Filtered::Change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(before: &[(&str, &str)], after: &[(&str, &str)]) {
        let mut headers = HeaderMap::new();
        for (name, value) in before {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::try_from(*value).unwrap());
        }
        filter(&mut headers);
        let found: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let mut found = found;
        found.sort_unstable();
        let mut after = after.to_vec();
        after.sort_unstable();
        assert_eq!(found, after, "{before:?}");
    }

    #[test]
    fn ordinary_answers_pass_unchanged() {
        let fields = [
            ("content-type", "text/html"),
            ("content-length", "3"),
            ("content-security-policy", "frame-ancestors 'self'"),
            (
                "set-cookie",
                "_xsrf=2|x; expires=Thu, 01 Jan 2037 00:00:00 GMT; Path=/",
            ),
            ("set-cookie", "username=x; HttpOnly; Path=/"),
            ("sec-websocket-accept", "x"),
            ("x-anything", "1"),
        ];
        check(&fields, &fields);
    }

    #[test]
    fn what_a_notebook_must_not_say_is_removed() {
        check(
            &[
                ("connection", "close, x-mine, content-type, set-cookie"),
                ("x-mine", "1"),
                ("keep-alive", "timeout=5"),
                ("transfer-encoding", "chunked"),
                ("content-length", "5"),
                ("trailer", "x"),
                ("upgrade", "h2c"),
                ("proxy-authenticate", "Basic"),
                ("clear-site-data", "\"*\""),
                ("alt-svc", "h3=\":4433\""),
                ("set-cookie2", "a=1"),
                ("x-ledgercloud-identity", "v1;x"),
                ("content-type", "text/plain"),
                ("set-cookie", "a=1"),
            ],
            &[("content-type", "text/plain"), ("set-cookie", "a=1")],
        );
    }

    #[test]
    fn cookies_stay_on_their_own_host() {
        let check = |cookie: &str, expected: Option<&str>| {
            let after: Vec<_> = expected
                .map(|cookie| ("set-cookie", cookie))
                .into_iter()
                .collect();
            check(&[("set-cookie", cookie)], &after);
        };
        check("a=1; Domain=example.org; Path=/", Some("a=1; Path=/"));
        check("a=1;domain = .localhost ;Secure", Some("a=1; Secure"));
        check("a=1; DOMAIN", Some("a=1"));
        check("a=1; Domain=x; Domain=y", Some("a=1"));
        check("a=Domain=x; Path=/", Some("a=Domain=x; Path=/"));
        check("ledgercloud-door=stolen; Path=/", None);
        check("  LEDGERCLOUD-DOOR = stolen", None);
        check("__Host-ledgercloud-door=stolen; Secure; Path=/", None);
        check("__Secure-ledgercloud-session=x", None);
        check("=ledgercloud-door=stolen", None);
        check(" = ledgercloud-door=stolen", None);
        check("ledgercloud-door", None);
        check("my-ledgercloud-door=1", Some("my-ledgercloud-door=1"));
    }

    #[test]
    fn one_bad_cookie_leaves_the_others() {
        check(
            &[
                ("set-cookie", "a=1"),
                ("set-cookie", "ledgercloud-door=x"),
                ("set-cookie", "b=2; Domain=x"),
            ],
            &[("set-cookie", "a=1"), ("set-cookie", "b=2")],
        );
    }

    proptest! {
        #[test]
        fn no_domain_survives(value in "[ -~]{0,20}", attributes in prop::collection::vec("( ?[dD]omain ?=?[a-z.]{0,6}|[A-Za-z=/]{0,10})", 0..5)) {
            let cookie = format!("n={value}; {}", attributes.join(";"));
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, HeaderValue::try_from(cookie).unwrap());
            filter(&mut headers);
            for cookie in headers.get_all(SET_COOKIE) {
                for attribute in cookie.to_str().unwrap().split(';').skip(1) {
                    let name = attribute.split('=').next().unwrap().trim();
                    prop_assert!(!name.eq_ignore_ascii_case("domain"), "{cookie:?}");
                }
            }
        }
    }
}
