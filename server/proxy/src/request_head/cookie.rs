//! Our own cookies, which never reach a server.

use http::HeaderValue;

/// Cookie by which the hub knows a browser on a server's origin, over plain HTTP.
pub const DOOR_COOKIE: &str = "ledgercloud-door";

/// The same over HTTPS, where the prefix binds it to this host (RFC 6265bis §4.1.3.2).
pub const SECURE_DOOR_COOKIE: &str = "__Host-ledgercloud-door";

/// Every cookie of ours starts so, after any cookie prefix.
const OWN_NAME_START: &str = "ledgercloud-";
const COOKIE_PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

/// Whether a cookie of this name is ours: the door cookie, or one of the hub's that a
/// misconfigured domain let through.
pub(crate) fn is_own_cookie(name: &[u8]) -> bool {
    let bare = COOKIE_PREFIXES
        .iter()
        .find_map(|prefix| strip_prefix_ignoring_case(name, prefix.as_bytes()))
        .unwrap_or(name);
    strip_prefix_ignoring_case(bare, OWN_NAME_START.as_bytes()).is_some()
}

/// The value of a `Cookie` field without our cookies; none if nothing remains.
///
/// Cut at every semicolon (RFC 6265 §5.4): our cookies are always sent as a whole piece, so
/// none can hide inside another's quotes.
pub(super) fn without_own(value: &HeaderValue) -> Option<HeaderValue> {
    let pieces = || {
        value
            .as_bytes()
            .split(|&byte| byte == b';')
            .map(<[u8]>::trim_ascii)
    };
    if !pieces().any(is_own_piece) {
        return Some(value.clone());
    }
    let kept: Vec<&[u8]> = pieces()
        .filter(|piece| !piece.is_empty() && !is_own_piece(piece))
        .collect();
    if kept.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok()
}

fn is_own_piece(piece: &[u8]) -> bool {
    let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
    is_own_cookie(name.trim_ascii())
}

fn strip_prefix_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(cookies: &str, expected: Option<&str>) {
        let found = without_own(&HeaderValue::from_str(cookies).unwrap());
        assert_eq!(
            found.as_ref().map(|value| value.to_str().unwrap()),
            expected,
            "{cookies}"
        );
    }

    #[test]
    fn only_our_cookies_are_taken_out() {
        check("a=1; b=2", Some("a=1; b=2"));
        check("a=1;b=2;", Some("a=1;b=2;"));
        check("ledgercloud-door=x", None);
        check(" ledgercloud-door = x ;", None);
        check("__Host-ledgercloud-door=x; a=1", Some("a=1"));
        check("a=1; __host-LedgerCloud-Door=x", Some("a=1"));
        check(
            "a=1; ledgercloud-session=x; __Secure-ledgercloud-session=y;b=2",
            Some("a=1; b=2"),
        );
        check("a=ledgercloud-door=x", Some("a=ledgercloud-door=x"));
        check("a=\"; ledgercloud-door=x; \"", Some("a=\"; \""));
        check("ledgercloud-door", None);
        check("my-ledgercloud-door=1", Some("my-ledgercloud-door=1"));
    }

    proptest! {
        #[test]
        fn no_value_of_ours_ever_remains(before in "[ -~]{0,40}", after in "[ -~]{0,40}") {
            let cookies = format!("{before}; ledgercloud-door=TOPSECRET; {after}");
            let found = without_own(&HeaderValue::from_str(&cookies).unwrap());
            let found = found.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            prop_assert!(!found.contains("TOPSECRET"), "{found}");
        }

        #[test]
        fn other_cookies_stay_in_order(names in prop::collection::vec("[a-z]{1,6}", 0..6), position in 0_usize..6) {
            let others: Vec<String> = names.iter().map(|name| format!("{name}=1")).collect();
            let mut all = others.clone();
            all.insert(position.min(others.len()), "__Host-ledgercloud-door=x".to_owned());
            let found = without_own(&HeaderValue::from_str(&all.join("; ")).unwrap());
            let expected = (!others.is_empty()).then(|| others.join("; "));
            prop_assert_eq!(found.map(|value| value.to_str().unwrap().to_owned()), expected);
        }
    }
}
