//! UTC times in milliseconds, and how people read them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Timestamp {
    /// The present moment by the machine's clock.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn now() -> Self {
        let elapsed = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Self(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }

    /// This moment and `ms` milliseconds more.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T09:30:00.000Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let civil = Civil::of(self);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            civil.millisecond
        )
    }

    /// For tables: `2026-11-21 09:30:00 UTC`.
    #[must_use]
    pub fn to_readable(self) -> String {
        let civil = Civil::of(self);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        )
    }

    /// How long before `now`: `just now`, `3 min ago`, `in 5 min`, `2 d ago`.
    #[must_use]
    pub fn to_relative(self, now: Self) -> String {
        let age_ms = now.since_ms(self);
        if age_ms.abs() < 5 * SECOND_MS {
            return "just now".to_owned();
        }
        let length = readable_duration(age_ms.abs());
        if age_ms < 0 {
            format!("in {length}")
        } else {
            format!("{length} ago")
        }
    }
}

/// A length of time in its largest sensible unit: `45 s`, `12 min`, `3 h`, `9 d`.
#[must_use]
pub fn readable_duration(duration_ms: i64) -> String {
    match duration_ms {
        ms if ms < MINUTE_MS => format!("{} s", ms / SECOND_MS),
        ms if ms < HOUR_MS => format!("{} min", ms / MINUTE_MS),
        ms if ms < 2 * DAY_MS => format!("{} h", ms / HOUR_MS),
        ms => format!("{} d", ms / DAY_MS),
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_rfc3339())
    }
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millisecond: i64,
}

impl Civil {
    /// Days to date by the proleptic Gregorian calendar: the era algorithm of H. Hinnant's
    /// "chrono-compatible low-level date algorithms".
    const fn of(timestamp: Timestamp) -> Self {
        let days = timestamp.0.div_euclid(DAY_MS);
        let within_day = timestamp.0.rem_euclid(DAY_MS);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let january_or_february = if month <= 2 { 1 } else { 0 };
        Self {
            year: year_of_era + era * 400 + january_or_february,
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: within_day / HOUR_MS,
            minute: within_day / MINUTE_MS % 60,
            second: within_day / SECOND_MS % 60,
            millisecond: within_day % SECOND_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_rfc3339(), text);
        }
    }

    #[test]
    fn ages_are_readable() {
        let now = Timestamp(10 * DAY_MS);
        for (ago_ms, text) in [
            (0, "just now"),
            (30 * SECOND_MS, "30 s ago"),
            (5 * MINUTE_MS, "5 min ago"),
            (47 * HOUR_MS, "47 h ago"),
            (3 * DAY_MS, "3 d ago"),
            (-2 * MINUTE_MS, "in 2 min"),
        ] {
            assert_eq!(now.plus_ms(-ago_ms).to_relative(now), text);
        }
    }
}
