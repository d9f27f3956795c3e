//! The pass: a signed, host-only cookie on a notebook server's origin.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use types::{ServerId, SessionKey, Timestamp, UserId};

/// How long a pass lasts: as long as the longest session, because nothing renews it under an open
/// notebook, which could not save any more. The session behind it is checked on every request.
#[must_use]
pub fn lifetime_ms(session_max_hours: u32) -> i64 {
    i64::from(session_max_hours) * 3_600 * 1_000
}

/// Who may enter which server, in which session of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub server_id: ServerId,
    pub user_id: UserId,
    pub session: SessionKey,
    pub expires_at: Timestamp,
}

impl Pass {
    /// The cookie's value: `v1.<server>.<user>.<session>.<expiry ms>.<HMAC-SHA-256>`.
    #[must_use]
    pub fn seal(&self, key: &[u8; 32]) -> String {
        let body = self.body();
        format!(
            "{body}.{}",
            URL_SAFE_NO_PAD.encode(mac(key, &body).finalize().into_bytes())
        )
    }

    /// Reads a cookie's value; nothing if it is not ours, altered or expired.
    #[must_use]
    pub fn open(text: &str, key: &[u8; 32], now: Timestamp) -> Option<Self> {
        let (body, signature) = text.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(key, body).verify_slice(&signature).ok()?;
        let mut parts = body.split('.');
        if parts.next() != Some("v1") {
            return None;
        }
        let pass = Self {
            server_id: parts.next()?.parse().ok()?,
            user_id: parts.next()?.parse().ok()?,
            session: parts.next()?.parse().ok()?,
            expires_at: Timestamp(parts.next()?.parse().ok()?),
        };
        (pass.expires_at > now).then_some(pass)
    }

    fn body(&self) -> String {
        format!(
            "v1.{}.{}.{}.{}",
            self.server_id, self.user_id, self.session, self.expires_at.0
        )
    }
}

fn mac(key: &[u8; 32], body: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length, so this cannot fail; an all-zero fallback would be unsafe.
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts every key length");
    mac.update(b"ledgercloud pass\n");
    mac.update(body.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> Pass {
        Pass {
            server_id: ServerId::from_parts(1, 2),
            user_id: UserId::from_parts(3, 4),
            session: SessionKey::from_parts(5, 6),
            expires_at: Timestamp(1_000),
        }
    }

    #[test]
    fn a_pass_reads_back_until_it_expires() {
        let sealed = pass().seal(&[7; 32]);
        assert_eq!(Pass::open(&sealed, &[7; 32], Timestamp(999)), Some(pass()));
        assert_eq!(Pass::open(&sealed, &[7; 32], Timestamp(1_000)), None);
    }

    #[test]
    fn a_pass_lasts_as_long_as_the_longest_session() {
        let fortnight_ms = 14 * 24 * 3_600 * 1_000;
        let pass = Pass {
            expires_at: Timestamp(0).plus_ms(lifetime_ms(14 * 24)),
            ..pass()
        };
        let sealed = pass.seal(&[7; 32]);
        let at = |ms| Pass::open(&sealed, &[7; 32], Timestamp(ms));
        assert_eq!(at(fortnight_ms - 1), Some(pass));
        assert_eq!(at(fortnight_ms), None);
        assert!(lifetime_ms(u32::MAX) > 0);
    }

    #[test]
    fn an_altered_or_foreign_pass_is_nothing() {
        let sealed = pass().seal(&[7; 32]);
        assert_eq!(Pass::open(&sealed, &[8; 32], Timestamp(0)), None);
        for index in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[index] = if altered[index] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(
                Pass::open(&altered, &[7; 32], Timestamp(0)),
                None,
                "{altered}"
            );
        }
        for text in ["", ".", "v1", "v1.....", "v2.a.b.c.1.x"] {
            assert_eq!(Pass::open(text, &[7; 32], Timestamp(0)), None);
        }
    }
}
