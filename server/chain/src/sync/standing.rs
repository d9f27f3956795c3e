//! How far a peer is trusted to be worth our time. Pure: clock and randomness are arguments.

/// The best standing.
pub const STANDING_MAX: u32 = 100;
/// A peer that comes back from a ban has this.
const STANDING_AFTER_BAN: u32 = 50;
/// A point comes back after so long.
const RECOVERY_MS: u64 = 30_000;
/// The first ban; each further one is four times as long.
const BAN_FIRST_MS: u64 = 60_000;
/// The longest ban, and how long after a ban the next one counts as a further one.
const BAN_MAX_MS: u64 = 24 * 60 * 60 * 1_000;
/// Pause after the first failure; each further one doubles it.
const BACK_OFF_FIRST_MS: u64 = 500;
/// The longest pause. Short enough that a healed network is noticed.
const BACK_OFF_MAX_MS: u64 = 60_000;

/// What a peer has done that no correct peer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A block that breaks a rule.
    InvalidBlock,
    /// A claim that its own blocks disprove.
    Lie,
    /// Bytes that are not what they are meant to be, or too many of them.
    Malformed,
    /// More than [`super::allowance::Allowance`] allows.
    Flood,
    /// A block of the future: its clock is wrong, or ours.
    FutureBlock,
    /// A transaction that no node can have taken.
    InvalidTransaction,
}

impl Fault {
    const fn penalty(self) -> u32 {
        match self {
            Self::InvalidBlock | Self::Lie => 50,
            Self::Malformed | Self::Flood => 34,
            Self::FutureBlock => 10,
            Self::InvalidTransaction => 2,
        }
    }

    /// The label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::InvalidBlock => "invalid_block",
            Self::Lie => "lie",
            Self::Malformed => "malformed",
            Self::Flood => "flood",
            Self::FutureBlock => "future_block",
            Self::InvalidTransaction => "invalid_transaction",
        }
    }
}

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Kept,
    Banned { until_ms: u64 },
}

/// The standing of one peer.
#[derive(Debug, Clone)]
pub struct Standing {
    points: u32,
    points_at_ms: u64,
    bans: u32,
    banned_until_ms: u64,
    failures: u32,
    retry_at_ms: u64,
}

impl Standing {
    /// Of a peer of which nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            points: STANDING_MAX,
            points_at_ms: 0,
            bans: 0,
            banned_until_ms: 0,
            failures: 0,
            retry_at_ms: 0,
        }
    }

    /// From zero, where it is banned, to [`STANDING_MAX`].
    #[must_use]
    pub fn points(&self, now_ms: u64) -> u32 {
        if self.is_banned(now_ms) {
            return 0;
        }
        let recovered = now_ms.saturating_sub(self.points_at_ms) / RECOVERY_MS;
        let recovered = u32::try_from(recovered).unwrap_or(u32::MAX);
        self.points.saturating_add(recovered).min(STANDING_MAX)
    }

    /// Counts a fault.
    pub fn fault(&mut self, fault: Fault, now_ms: u64) -> Verdict {
        if self.is_banned(now_ms) {
            return Verdict::Banned {
                until_ms: self.banned_until_ms,
            };
        }
        self.points = self.points(now_ms).saturating_sub(fault.penalty());
        self.points_at_ms = now_ms;
        if self.points > 0 {
            return Verdict::Kept;
        }
        if now_ms.saturating_sub(self.banned_until_ms) > BAN_MAX_MS {
            self.bans = 0;
        }
        let factor = 4_u64.saturating_pow(self.bans);
        let until_ms = now_ms + BAN_FIRST_MS.saturating_mul(factor).min(BAN_MAX_MS);
        self.bans = self.bans.saturating_add(1);
        self.banned_until_ms = until_ms;
        self.points = STANDING_AFTER_BAN;
        self.points_at_ms = until_ms;
        Verdict::Banned { until_ms }
    }

    /// Counts a failure that is nobody's fault; `random`, from zero to one, spreads the retries.
    pub fn failed(&mut self, now_ms: u64, random: f64) {
        self.retry_at_ms = now_ms + back_off_ms(self.failures, random);
        self.failures = self.failures.saturating_add(1);
    }

    /// Forgets the failures.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.retry_at_ms = 0;
    }

    /// Failures since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    #[must_use]
    pub const fn is_banned(&self, now_ms: u64) -> bool {
        now_ms < self.banned_until_ms
    }

    /// Unix time in milliseconds before which the peer is left alone; zero if it was never.
    #[must_use]
    pub fn alone_until_ms(&self) -> u64 {
        self.banned_until_ms.max(self.retry_at_ms)
    }

    /// End of the last ban, Unix time in milliseconds; zero if there was none.
    #[must_use]
    pub const fn banned_until_ms(&self) -> u64 {
        self.banned_until_ms
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::new()
    }
}

/// The pause after `failures` failures before this one: doubling, and between half of it and all
/// of it by `random`, so that nodes that lost one another at once do not all come back at once.
#[must_use]
pub fn back_off_ms(failures: u32, random: f64) -> u64 {
    let longest = BACK_OFF_FIRST_MS
        .saturating_mul(2_u64.saturating_pow(failures))
        .min(BACK_OFF_MAX_MS);
    let spread = (longest / 2) as f64 * random.clamp(0.0, 1.0);
    longest / 2 + spread as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_invalid_blocks_are_too_many() {
        let mut standing = Standing::new();
        assert_eq!(standing.fault(Fault::InvalidBlock, 1_000), Verdict::Kept);
        assert_eq!(standing.points(1_000), 50);
        let verdict = standing.fault(Fault::InvalidBlock, 1_000);
        assert_eq!(verdict, Verdict::Banned { until_ms: 61_000 });
        assert_eq!(
            (standing.points(2_000), standing.is_banned(60_999)),
            (0, true)
        );
        assert_eq!(
            (standing.points(61_000), standing.is_banned(61_000)),
            (50, false)
        );
    }

    #[test]
    fn bans_grow_and_are_forgotten() {
        let mut standing = Standing::new();
        let mut now_ms = 0;
        let mut lengths = Vec::new();
        for _ in 0..8 {
            loop {
                if let Verdict::Banned { until_ms } = standing.fault(Fault::Lie, now_ms) {
                    lengths.push((until_ms - now_ms) / 1_000);
                    now_ms = until_ms;
                    break;
                }
            }
        }
        assert_eq!(
            lengths,
            [60, 240, 960, 3_840, 15_360, 61_440, 86_400, 86_400]
        );
        now_ms += BAN_MAX_MS + 1;
        standing.fault(Fault::Lie, now_ms);
        let verdict = standing.fault(Fault::Lie, now_ms);
        assert_eq!(
            verdict,
            Verdict::Banned {
                until_ms: now_ms + BAN_FIRST_MS
            }
        );
    }

    #[test]
    fn a_point_comes_back_every_half_minute() {
        let mut standing = Standing::new();
        standing.fault(Fault::Malformed, 0);
        assert_eq!(standing.points(29_999), 66);
        assert_eq!(standing.points(30_000), 67);
        assert_eq!(standing.points(u64::MAX), STANDING_MAX);
    }

    proptest! {
        #[test]
        fn pauses_double_within_bounds(failures in 0_u32..80, random in 0.0_f64..1.0) {
            let pause = back_off_ms(failures, random);
            let longest = (500_u64 << failures.min(20)).min(BACK_OFF_MAX_MS);
            prop_assert!((longest / 2..=longest).contains(&pause));
        }

        #[test]
        fn whatever_happens_points_stay_within_bounds(steps in proptest::collection::vec((0_u8..6, 0_u64..200_000), 0..200)) {
            let mut standing = Standing::new();
            let mut now_ms = 0;
            for (kind, passed_ms) in steps {
                now_ms += passed_ms;
                let fault = [
                    Fault::InvalidBlock, Fault::Lie, Fault::Malformed,
                    Fault::Flood, Fault::FutureBlock, Fault::InvalidTransaction,
                ][usize::from(kind)];
                let before = standing.points(now_ms);
                let verdict = standing.fault(fault, now_ms);
                let after = standing.points(now_ms);
                prop_assert!(after <= STANDING_MAX);
                prop_assert_eq!(after == 0, matches!(verdict, Verdict::Banned { .. }));
                prop_assert!(after < before || before == 0);
                prop_assert_eq!(standing.is_banned(now_ms), after == 0);
            }
        }
    }
}
