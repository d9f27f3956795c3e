//! The start page must not become part of a circle: ready → open → not there → start → ready ….

/// So many hand-overs within [`WINDOW_MS`] are a circle.
const HAND_OVERS_MAX: usize = 3;
/// Time in which hand-overs are counted.
const WINDOW_MS: i64 = 60_000;

/// Whether to hand over by itself again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandOver {
    Go,
    /// It went round too often: show what is known and let the person decide.
    Hold,
}

/// Times of earlier hand-overs as the browser keeps them (milliseconds, separated by commas); the
/// verdict, and the times to keep now.
pub(crate) fn next_hand_over(kept: &str, now_ms: i64) -> (HandOver, String) {
    let mut times: Vec<i64> = kept
        .split(',')
        .filter_map(|time| time.parse().ok())
        .filter(|time| (0..WINDOW_MS).contains(&(now_ms - time)))
        .collect();
    let verdict = if times.len() < HAND_OVERS_MAX {
        HandOver::Go
    } else {
        HandOver::Hold
    };
    if verdict == HandOver::Go {
        times.push(now_ms);
    }
    let kept = times
        .iter()
        .map(i64::to_string)
        .collect::<Vec<_>>()
        .join(",");
    (verdict, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_within_a_minute_is_held() {
        let mut kept = String::new();
        let mut verdicts = Vec::new();
        for now_ms in [1_000, 2_000, 3_000, 4_000] {
            let (verdict, times) = next_hand_over(&kept, now_ms);
            verdicts.push(verdict);
            kept = times;
        }
        assert_eq!(
            verdicts,
            [HandOver::Go, HandOver::Go, HandOver::Go, HandOver::Hold]
        );
        assert_eq!(next_hand_over(&kept, 70_000).0, HandOver::Go);
    }

    #[test]
    fn rubbish_and_other_clocks_do_not_hold() {
        for kept in [
            "",
            "x,y",
            ",,,",
            "9999999999999,9999999999999,9999999999999",
            "-5",
        ] {
            assert_eq!(next_hand_over(kept, 100_000).0, HandOver::Go, "{kept}");
        }
    }
}
