//! How much a peer may send: a token bucket for bytes and one for messages.

/// Bytes a second that a peer may send for ever.
const BYTES_PER_S: u64 = 8_000_000;
/// Bytes that a peer may send at once: a mempool and a few blocks.
const BYTES_BURST: u64 = 96_000_000;
/// Messages a second that a peer may send for ever. Ours sends at most a hundred.
const MESSAGES_PER_S: u64 = 500;
/// Messages that a peer may send at once.
const MESSAGES_BURST: u64 = 5_000;

/// What a peer may still send.
#[derive(Debug, Clone)]
pub struct Allowance {
    bytes: u64,
    messages: u64,
    at_ms: u64,
}

impl Allowance {
    /// All of it.
    #[must_use]
    pub const fn full(now_ms: u64) -> Self {
        Self {
            bytes: BYTES_BURST,
            messages: MESSAGES_BURST,
            at_ms: now_ms,
        }
    }

    /// Takes a message of so many bytes off. Says whether it was allowed.
    pub fn take(&mut self, bytes: usize, now_ms: u64) -> bool {
        // Whole steps, so that no fraction is ever lost.
        let steps = now_ms.saturating_sub(self.at_ms) / STEP_MS;
        let refill = |left: u64, per_s: u64, burst: u64| {
            left.saturating_add(steps.saturating_mul(per_s * STEP_MS / 1_000))
                .min(burst)
        };
        self.bytes = refill(self.bytes, BYTES_PER_S, BYTES_BURST);
        self.messages = refill(self.messages, MESSAGES_PER_S, MESSAGES_BURST);
        self.at_ms += steps * STEP_MS;
        let (Some(bytes), Some(messages)) = (
            self.bytes.checked_sub(bytes as u64),
            self.messages.checked_sub(1),
        ) else {
            return false;
        };
        (self.bytes, self.messages) = (bytes, messages);
        true
    }
}

/// The buckets are filled up in steps of this length.
const STEP_MS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_stopped_and_a_steady_stream_is_not() {
        let mut allowance = Allowance::full(0);
        let allowed = (0..MESSAGES_BURST * 2)
            .filter(|_| allowance.take(1, 3))
            .count();
        assert_eq!(allowed as u64, MESSAGES_BURST);
        // Two milliseconds between messages is as fast as they may come.
        assert!((1..50_000).all(|number| allowance.take(1_000, 13 + number * 2)));
    }

    #[test]
    fn bytes_count_as_well() {
        let mut allowance = Allowance::full(0);
        let message = 4_000_000;
        let allowed = (0..1_000).filter(|_| allowance.take(message, 0)).count();
        assert_eq!(allowed as u64, BYTES_BURST / message as u64);
        assert!(
            allowance.take(message, 500),
            "half a second brings four megabytes"
        );
        assert!(!allowance.take(message, 510));
    }
}
