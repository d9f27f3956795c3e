//! When the pause ladder takes its next step, in words.

use types::Timestamp;
use types::notebook::{NextPause, ServerState};

/// `Freezes in 9 min 30 s`, `Stops in 45 s`, `Freezes now`.
pub(crate) fn pause_sentence(pause: NextPause, now: Timestamp) -> String {
    let verb = match pause.becomes {
        ServerState::Frozen => "Freezes",
        ServerState::Archived => "Is archived",
        _ => "Stops",
    };
    match pause.at.since_ms(now) {
        left_ms if left_ms < 1_000 => format!("{verb} now"),
        left_ms => format!("{verb} in {}", countdown(left_ms)),
    }
}

/// The same without a time that changes each second, for screen readers.
pub(crate) fn pause_announcement(pause: NextPause) -> String {
    let what = match pause.becomes {
        ServerState::Frozen => "freeze",
        _ => "stop",
    };
    format!("This server is idle and will {what} soon. Choose Keep active to prevent it.")
}

/// Two units at most: `2 h 5 min`, `9 min 30 s`, `45 s`. `left_ms` is not negative.
fn countdown(left_ms: i64) -> String {
    let seconds = left_ms / 1_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match (seconds / 86_400, hours, minutes) {
        (days, hours, _) if days > 1 => format!("{days} d {} h", hours % 24),
        (_, 0, 0) => format!("{seconds} s"),
        (_, 0, minutes) => format!("{minutes} min {:02} s", seconds % 60),
        (_, hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::NOW;

    #[test]
    fn the_time_left_counts_down() {
        for (left_ms, text) in [
            (-5_000, "Freezes now"),
            (999, "Freezes now"),
            (45_000, "Freezes in 45 s"),
            (570_000, "Freezes in 9 min 30 s"),
            (605_000, "Freezes in 10 min 05 s"),
            (7_500_000, "Freezes in 2 h 05 min"),
            (3 * 86_400_000 + 7_200_000, "Freezes in 3 d 2 h"),
        ] {
            let pause = NextPause {
                becomes: ServerState::Frozen,
                at: NOW.plus_ms(left_ms),
                warn: false,
            };
            assert_eq!(pause_sentence(pause, NOW), text);
        }
    }

    #[test]
    fn each_step_has_its_verb() {
        for (becomes, text) in [
            (ServerState::Frozen, "Freezes in 5 s"),
            (ServerState::Stopped, "Stops in 5 s"),
            (ServerState::Archived, "Is archived in 5 s"),
        ] {
            let pause = NextPause {
                becomes,
                at: NOW.plus_ms(5_000),
                warn: true,
            };
            assert_eq!(pause_sentence(pause, NOW), text);
        }
    }
}
