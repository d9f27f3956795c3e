//! When a broken stream is opened again.

/// Wait after the first failure.
const FIRST_DELAY_MS: u32 = 500;
/// Longest wait: a restarted hub is found again within half a minute.
pub const DELAY_MAX_MS: u32 = 30_000;

/// Milliseconds to wait before the next attempt, after `failures` failures in a row: doubling,
/// with jitter (`random` in 0…1) over the upper half so that browsers do not return in step.
#[must_use]
pub fn retry_delay_ms(failures: u32, random: f64) -> u32 {
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = FIRST_DELAY_MS
        .saturating_mul(1 << doublings)
        .min(DELAY_MAX_MS);
    let half = ceiling / 2;
    // The product lies within 0…half, so the conversion cannot leave the range of u32.
    half + (f64::from(half) * random.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        for (failures, lowest, highest) in [
            (0, 250, 500),
            (1, 250, 500),
            (2, 500, 1_000),
            (4, 2_000, 4_000),
            (9, 15_000, 30_000),
            (u32::MAX, 15_000, 30_000),
        ] {
            assert_eq!(
                retry_delay_ms(failures, 0.0),
                lowest,
                "{failures} failures, no jitter"
            );
            assert_eq!(
                retry_delay_ms(failures, 1.0),
                highest,
                "{failures} failures, full jitter"
            );
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_zero_nor_above_the_bound(failures: u32, random in -1.0_f64..2.0) {
            let delay = retry_delay_ms(failures, random);
            prop_assert!((FIRST_DELAY_MS / 2..=DELAY_MAX_MS).contains(&delay));
        }
    }
}
