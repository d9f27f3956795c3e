//! The request header with which the proxy tells a notebook server who is asking:
//!
//! ```text
//! X-LedgerCloud-Identity: v1;<base64url of the name>;<Unix milliseconds>;<hex of the MAC>
//! ```
//!
//! The MAC is HMAC-SHA-256 (RFC 2104) under the server's own key over `v1`, the encoded name, the
//! time, the method, and path and query exactly as sent, joined by line feeds. It proves that this
//! very request came through the proxy, and it is of no use for another request or a minute later.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use http::{HeaderName, HeaderValue, Method};
use sha2::Sha256;
use types::Timestamp;

/// Name of the header.
pub const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-ledgercloud-identity");

/// How far the clocks of proxy and server may differ.
pub const CLOCK_DIFFERENCE_MAX_MS: i64 = 60_000;

const VERSION: &str = "v1";
const MAC_LENGTH_BYTES: usize = 32;

/// Key of one server, known to the proxy and to that server.
pub type IdentityKey = [u8; 32];

/// The parts of a request that the header is bound to.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    pub method: &'a Method,
    /// Exactly as in the request line.
    pub path_and_query: &'a str,
}

/// The value of the header for one request.
#[must_use]
pub fn sign(
    key: &IdentityKey,
    user_name: &str,
    now: Timestamp,
    request: SignedRequest<'_>,
) -> HeaderValue {
    use std::fmt::Write as _;

    let mut value = String::with_capacity(96 + user_name.len() * 4 / 3);
    value.push_str(VERSION);
    value.push(';');
    let name_start = value.len();
    URL_SAFE_NO_PAD.encode_string(user_name, &mut value);
    let name_end = value.len();
    // Writing to a string cannot fail.
    let _ = write!(value, ";{};", now.0);
    let time = &value[name_end + 1..value.len() - 1];
    let mac = authenticate(key, &value[name_start..name_end], time, request);
    let mut mac_hex = [0_u8; 2 * MAC_LENGTH_BYTES];
    let _ = hex::encode_to_slice(mac.finalize().into_bytes(), &mut mac_hex);
    value.extend(mac_hex.iter().map(|&byte| char::from(byte)));
    // Base64, digits and hex are legal in a header: the other arm is never taken.
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static(VERSION))
}

/// Why a header proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("the identity header is malformed")]
    Malformed,
    #[error("the identity header was signed for another moment")]
    Expired,
    #[error("the identity header was not signed by the proxy for this request")]
    WrongMac,
}

/// The user's name in a header that holds for this request now: what a notebook server checks.
///
/// # Errors
/// If the header is malformed, older or newer than [`CLOCK_DIFFERENCE_MAX_MS`], or not signed with
/// this key for this request. The MAC is compared in constant time, before anything else of the
/// header is believed.
pub fn verify(
    key: &IdentityKey,
    value: &str,
    now: Timestamp,
    request: SignedRequest<'_>,
) -> Result<String, IdentityError> {
    let mut parts = value.split(';');
    let (Some(VERSION), Some(name), Some(time), Some(mac_hex), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(IdentityError::Malformed);
    };
    let mut mac = [0_u8; MAC_LENGTH_BYTES];
    if mac_hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(IdentityError::Malformed);
    }
    hex::decode_to_slice(mac_hex, &mut mac).map_err(|_| IdentityError::Malformed)?;
    authenticate(key, name, time, request)
        .verify_slice(&mac)
        .map_err(|_| IdentityError::WrongMac)?;
    let signed_at = time
        .parse()
        .map(Timestamp)
        .map_err(|_| IdentityError::Malformed)?;
    if now.since_ms(signed_at).saturating_abs() > CLOCK_DIFFERENCE_MAX_MS {
        return Err(IdentityError::Expired);
    }
    let name = URL_SAFE_NO_PAD
        .decode(name)
        .map_err(|_| IdentityError::Malformed)?;
    String::from_utf8(name).map_err(|_| IdentityError::Malformed)
}

fn authenticate(
    key: &IdentityKey,
    name_base64: &str,
    time: &str,
    request: SignedRequest<'_>,
) -> Hmac<Sha256> {
    let mut mac = keyed(key);
    for part in [VERSION, name_base64, time, request.method.as_str()] {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac.update(request.path_and_query.as_bytes());
    mac
}

#[allow(
    clippy::expect_used,
    reason = "HMAC accepts keys of every length (RFC 2104 §2)"
)]
fn keyed(key: &IdentityKey) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC accepts keys of every length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    const fn request<'a>(method: &'a Method, path_and_query: &'a str) -> SignedRequest<'a> {
        SignedRequest {
            method,
            path_and_query,
        }
    }

    /// Computed with Python's `hmac` module, as the server's side computes it.
    #[test]
    fn the_format_is_what_the_server_expects() {
        let value = sign(
            &[7; 32],
            "Ada Łovelace",
            NOW,
            request(&Method::GET, "/api/kernels?x=%20"),
        );
        assert_eq!(
            value.to_str().unwrap(),
            "v1;QWRhIMWBb3ZlbGFjZQ;1795000000000;\
             b69c5dd02a05678c3e54c769ccf029c3769c733184d4c16511b73748f566992e"
        );
    }

    #[test]
    fn a_header_holds_for_one_request_only() {
        let key = [7; 32];
        let get = Method::GET;
        let value = sign(&key, "ada", NOW, request(&get, "/lab?a=1"));
        let value = value.to_str().unwrap();
        let check = |key: &IdentityKey,
                     value: &str,
                     now: Timestamp,
                     method: &Method,
                     path: &str,
                     expected| {
            assert_eq!(
                verify(key, value, now, request(method, path)),
                expected,
                "{value} {path}"
            );
        };
        check(&key, value, NOW, &get, "/lab?a=1", Ok("ada".to_owned()));
        check(
            &key,
            value,
            NOW.plus_ms(60_000),
            &get,
            "/lab?a=1",
            Ok("ada".to_owned()),
        );
        check(
            &key,
            value,
            NOW.plus_ms(-60_000),
            &get,
            "/lab?a=1",
            Ok("ada".to_owned()),
        );
        check(
            &key,
            value,
            NOW.plus_ms(60_001),
            &get,
            "/lab?a=1",
            Err(IdentityError::Expired),
        );
        check(
            &key,
            value,
            NOW.plus_ms(-60_001),
            &get,
            "/lab?a=1",
            Err(IdentityError::Expired),
        );
        check(
            &key,
            value,
            NOW,
            &Method::POST,
            "/lab?a=1",
            Err(IdentityError::WrongMac),
        );
        check(
            &key,
            value,
            NOW,
            &get,
            "/lab?a=2",
            Err(IdentityError::WrongMac),
        );
        check(
            &[8; 32],
            value,
            NOW,
            &get,
            "/lab?a=1",
            Err(IdentityError::WrongMac),
        );
        let (head, mac) = value.rsplit_once(';').unwrap();
        let shouted = format!("{head};{}", mac.to_uppercase());
        let other_name = value.replace("YWRh", "YWRi");
        check(
            &key,
            &other_name,
            NOW,
            &get,
            "/lab?a=1",
            Err(IdentityError::WrongMac),
        );
        for malformed in [
            "",
            "v1",
            "v2;YWRh;1;00",
            "v1;YWRh;1;zz",
            &shouted,
            &format!("{value};"),
            head,
        ] {
            check(
                &key,
                malformed,
                NOW,
                &get,
                "/lab?a=1",
                Err(IdentityError::Malformed),
            );
        }
    }

    proptest! {
        #[test]
        fn every_name_and_path_round_trips(
            key in any::<[u8; 32]>(),
            name in "\\PC{0,60}",
            time_ms in 0_i64..4_000_000_000_000,
            path in "/[!-~]{0,80}",
        ) {
            let signed = request(&Method::PUT, &path);
            let value = sign(&key, &name, Timestamp(time_ms), signed);
            let text = value.to_str().unwrap();
            prop_assert_eq!(verify(&key, text, Timestamp(time_ms), signed), Ok(name));
        }

        #[test]
        fn no_changed_character_passes(position in 0_usize..200, replacement in "[ -~]") {
            let signed = request(&Method::GET, "/");
            let value = sign(&[1; 32], "ada", NOW, signed);
            let original = value.to_str().unwrap();
            let position = position % original.len();
            let mut changed = original.to_owned();
            changed.replace_range(position..=position, &replacement);
            prop_assert_eq!(verify(&[1; 32], &changed, NOW, signed).is_ok(), changed == original);
        }

        #[test]
        fn arbitrary_text_never_passes(text in "\\PC{0,120}") {
            prop_assert!(verify(&[1; 32], &text, NOW, request(&Method::GET, "/")).is_err());
        }
    }
}
