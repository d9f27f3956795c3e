//! One-time tickets that carry a permission from the hub's origin to a server's.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use rand::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use types::Timestamp;

use super::pass::Pass;

/// How long a ticket waits to be used.
const LIFETIME_MS: i64 = 30_000;
/// Most tickets that wait at a time; the oldest go first.
const TICKETS_MAX: usize = 10_000;

/// The tickets that wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tickets(Arc<Mutex<HashMap<[u8; 32], Waiting>>>);

struct Waiting {
    pass: Pass,
    state: [u8; 32],
    expires_at: Timestamp,
}

impl Tickets {
    /// A new ticket for this permission, to be used with this state alone.
    #[must_use]
    pub fn mint(&self, pass: Pass, state: &str, now: Timestamp) -> String {
        let secret = random_token();
        let mut waiting = self.0.lock();
        waiting.retain(|_, ticket| ticket.expires_at > now);
        if waiting.len() >= TICKETS_MAX
            && let Some(oldest) = waiting
                .iter()
                .min_by_key(|(_, ticket)| ticket.expires_at)
                .map(|(key, _)| *key)
        {
            waiting.remove(&oldest);
        }
        waiting.insert(
            hash(&secret),
            Waiting {
                pass,
                state: hash(state),
                expires_at: now.plus_ms(LIFETIME_MS),
            },
        );
        secret
    }

    /// Takes the ticket, whether or not the state fits: a ticket is tried once.
    #[must_use]
    pub fn redeem(&self, secret: &str, state: &str, now: Timestamp) -> Option<Pass> {
        let ticket = self.0.lock().remove(&hash(secret))?;
        let fits: bool = ticket.state.ct_eq(&hash(state)).into();
        (fits && ticket.expires_at > now).then_some(ticket.pass)
    }
}

/// 256 random bits for URLs and cookies.
#[must_use]
pub fn random_token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether the text looks like a [`random_token`].
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use types::{ServerId, SessionKey, UserId};

    use super::*;

    fn pass() -> Pass {
        Pass {
            server_id: ServerId::from_parts(1, 2),
            user_id: UserId::from_parts(3, 4),
            session: SessionKey::from_parts(5, 6),
            expires_at: Timestamp(i64::MAX),
        }
    }

    #[test]
    fn a_ticket_works_once() {
        let tickets = Tickets::default();
        let secret = tickets.mint(pass(), "state", Timestamp(0));
        assert_eq!(tickets.redeem(&secret, "state", Timestamp(1)), Some(pass()));
        assert_eq!(tickets.redeem(&secret, "state", Timestamp(1)), None);
    }

    #[test]
    fn a_ticket_is_lost_in_another_browser() {
        let tickets = Tickets::default();
        let secret = tickets.mint(pass(), "state", Timestamp(0));
        assert_eq!(tickets.redeem(&secret, "other", Timestamp(1)), None);
        assert_eq!(tickets.redeem(&secret, "state", Timestamp(1)), None);
    }

    #[test]
    fn a_ticket_expires_and_the_waiting_are_bounded() {
        let tickets = Tickets::default();
        let secret = tickets.mint(pass(), "state", Timestamp(0));
        assert_eq!(
            tickets.redeem(&secret, "state", Timestamp(LIFETIME_MS)),
            None
        );
        for index in 0..TICKETS_MAX + 10 {
            let _ = tickets.mint(
                pass(),
                "state",
                Timestamp(i64::try_from(index).unwrap() % 100),
            );
        }
        assert!(tickets.0.lock().len() <= TICKETS_MAX);
    }
}
