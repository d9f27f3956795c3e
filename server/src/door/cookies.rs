//! The two cookies of a notebook server's origin, both host-only: the pass and the state.

use http::HeaderValue;
use http::header::COOKIE;
use http::request::Parts;
use proxy::{DOOR_COOKIE, RESERVED_PATH_PREFIX, SECURE_DOOR_COOKIE};

use super::ticket::{is_token, random_token};

/// Lifetime of the state cookie in seconds.
const STATE_LIFETIME_S: u32 = 600;

/// Name of the cookie with the pass. The proxy keeps it from the notebook.
#[must_use]
pub const fn pass_cookie(secure: bool) -> &'static str {
    if secure {
        SECURE_DOOR_COOKIE
    } else {
        DOOR_COOKIE
    }
}

/// Name of the cookie with the state.
#[must_use]
pub const fn state_cookie(secure: bool) -> &'static str {
    if secure {
        "__Secure-ledgercloud-state"
    } else {
        "ledgercloud-state"
    }
}

/// The state of a browser that begins to enter: the one it has, so that several tabs that begin
/// at once do not take it from each other, or a new one. Tickets are used once all the same.
#[must_use]
pub fn state_to_begin_with(parts: &Parts, secure: bool) -> String {
    cookie(parts, state_cookie(secure))
        .filter(|state| is_token(state))
        .map_or_else(random_token, str::to_owned)
}

/// The header that leaves the state with the browser.
#[must_use]
pub fn set_state(state: &str, secure: bool) -> HeaderValue {
    set_cookie(
        state_cookie(secure),
        state,
        RESERVED_PATH_PREFIX,
        STATE_LIFETIME_S,
    )
}

/// The header that leaves the pass with the browser.
#[must_use]
pub fn set_pass(sealed: &str, secure: bool, lifetime_s: u32) -> HeaderValue {
    set_cookie(pass_cookie(secure), sealed, "/", lifetime_s)
}

/// The value of a cookie that the request carries.
#[must_use]
pub fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn set_cookie(name: &str, value: &str, path: &str, lifetime_s: u32) -> HeaderValue {
    let secure = if name.starts_with("__") {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{name}={value}; Path={path}; Max-Age={lifetime_s}; HttpOnly; SameSite=Lax{secure}"
    );
    // Names and values are made by us from URL-safe characters.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_with(cookies: &str) -> String {
        let request = http::Request::builder().header(COOKIE, cookies);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        state_to_begin_with(&parts, false)
    }

    #[test]
    fn tabs_that_begin_at_once_share_one_state() {
        let state = random_token();
        let cookies = format!("_xsrf=1; ledgercloud-state={state}");
        assert_eq!(state_with(&cookies), state);
        assert_eq!(state_with(&cookies), state);
    }

    #[test]
    fn a_state_that_is_not_ours_is_replaced() {
        for value in ["", "short", &"a ".repeat(22), &"a".repeat(44)] {
            let state = state_with(&format!("ledgercloud-state={value}"));
            assert!(is_token(&state), "{value:?}");
            assert_ne!(state, value);
        }
        assert_ne!(state_with("a=b"), state_with("a=b"));
    }
}
