//! The signature by which a notebook server knows that a request comes from the hub.
//!
//! `X-LedgerCloud-Identity: v1;<base64url(user name)>;<unix ms>;<hex mac>`, where the mac is
//! HMAC-SHA-256 under the server's key over `v1`, the encoded name, the time, the method and the
//! path with its query, joined by line feeds. The server accepts a clock difference of 60 s.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use types::Timestamp;

/// Name of the header.
pub const IDENTITY_HEADER: &str = "x-ledgercloud-identity";

/// The header's value for one request of the hub's own.
#[must_use]
pub fn sign(
    identity_key: &[u8; 32],
    user_name: &str,
    now: Timestamp,
    method: &str,
    path: &str,
) -> String {
    let name = base64url(user_name.as_bytes());
    let time = now.0.to_string();
    let mac = hex::encode(mac(identity_key, &["v1", &name, &time, method, path]));
    format!("v1;{name};{time};{mac}")
}

fn mac(identity_key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    // A key of any length is accepted by HMAC, so there is no error to handle.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(identity_key) else {
        return [0; 32];
    };
    hmac.update(parts.join("\n").as_bytes());
    hmac.finalize().into_bytes().into()
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a header's value is genuine: as a notebook server checks it. For the stub engine.
#[cfg(any(test, feature = "stub-engine"))]
#[must_use]
pub fn is_genuine(
    identity_key: &[u8; 32],
    value: &str,
    now: Timestamp,
    method: &str,
    path: &str,
) -> bool {
    const CLOCK_DIFFERENCE_MS: i64 = 60_000;
    let parts: Vec<&str> = value.split(';').collect();
    let ["v1", name, time, signature] = parts[..] else {
        return false;
    };
    let Ok(at) = time.parse::<i64>() else {
        return false;
    };
    now.since_ms(Timestamp(at)).abs() <= CLOCK_DIFFERENCE_MS
        && hex::decode(signature).is_ok_and(|given| {
            let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(identity_key) else {
                return false;
            };
            hmac.update(["v1", name, time, method, path].join("\n").as_bytes());
            hmac.verify_slice(&given).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn the_header_has_its_four_parts() {
        let value = sign(&KEY, "alice", NOW, "GET", "/api/status");
        assert!(value.starts_with("v1;YWxpY2U;1800000000000;"), "{value}");
        assert_eq!(value.rsplit(';').next().unwrap().len(), 64);
        // Computed with Python: hmac.new(bytes([7])*32, b"v1\nYWxpY2U\n…", "sha256").hexdigest()
        assert_eq!(value.rsplit(';').next().unwrap(), EXPECTED_MAC);
    }

    #[test]
    fn only_the_same_request_with_the_same_key_is_genuine() {
        let value = sign(&KEY, "ali;ce\n", NOW, "GET", "/api/status?a=1");
        assert!(is_genuine(
            &KEY,
            &value,
            NOW.plus_ms(59_000),
            "GET",
            "/api/status?a=1"
        ));
        assert!(!is_genuine(
            &KEY,
            &value,
            NOW.plus_ms(61_000),
            "GET",
            "/api/status?a=1"
        ));
        assert!(!is_genuine(&KEY, &value, NOW, "POST", "/api/status?a=1"));
        assert!(!is_genuine(&KEY, &value, NOW, "GET", "/api/status"));
        assert!(!is_genuine(&[8; 32], &value, NOW, "GET", "/api/status?a=1"));
        assert!(!is_genuine(&KEY, "v1;;;", NOW, "GET", "/"));
    }

    const EXPECTED_MAC: &str = "f66368d858647da97c1b99ed94c8b3fa9155ced1eb1ea8a70110fbf14357dff5";
}
