//! What a chart says in words: units, clock times, and a sentence for those who do not see it.

use types::quantity::readable_bytes;

use super::ChartPoint;
use crate::ui::amount::COIN_SYMBOL;

/// From this length on, moments are told by their dates.
const DATES_FROM_MS: i64 = 3 * 86_400_000;

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartUnit {
    Bytes,
    /// Thousandths of a core.
    CpuMillis,
    Percent,
    Count,
    /// Counts that may be large, in short: `12.5 k`, `3 M`.
    Large,
    /// The chain's own coin, where most amounts are small.
    Coins,
}

impl ChartUnit {
    /// A value as on the axis: `1.5 GiB`, `0.75 cores`, `40 %`, `12`.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        let value = if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        };
        match self {
            // The cast saturates.
            Self::Bytes => readable_bytes(value as u64),
            Self::CpuMillis if trimmed(value / 1_000.0) == "1" => "1 core".to_owned(),
            Self::CpuMillis => format!("{} cores", trimmed(value / 1_000.0)),
            Self::Percent => format!("{} %", trimmed(value)),
            Self::Count => trimmed(value),
            Self::Large => shortened(value),
            Self::Coins if value > 0.0 && value < 0.01 => format!("{value:.1e} {COIN_SYMBOL}"),
            Self::Coins => format!("{} {COIN_SYMBOL}", trimmed(value)),
        }
    }
}

/// At most two decimals, none that are zero.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Three digits and the prefix of the thousands.
fn shortened(value: f64) -> String {
    const PREFIXES: [&str; 5] = ["", " k", " M", " G", " T"];
    let mut value = value;
    let mut prefix = 0;
    while value >= 1_000.0 && prefix + 1 < PREFIXES.len() {
        value /= 1_000.0;
        prefix += 1;
    }
    let digits = match prefix {
        0 => trimmed(value),
        _ if value >= 100.0 => format!("{value:.0}"),
        _ => trimmed((value * 10.0).round() / 10.0),
    };
    format!("{digits}{}", PREFIXES[prefix])
}

/// `Memory: now 1.2 GiB, at most 1.5 GiB, limit 2 GiB.`
#[must_use]
pub fn sentence(label: &str, points: &[ChartPoint], unit: ChartUnit, limit: Option<f64>) -> String {
    let Some(last) = points.last() else {
        return format!("{label}: no measurements yet.");
    };
    let highest = points.iter().map(|point| point.value).fold(0.0, f64::max);
    let limit = limit
        .map(|limit| format!(", limit {}", unit.format(limit)))
        .unwrap_or_default();
    format!(
        "{label}: now {}, at most {}{limit}.",
        unit.format(last.value),
        unit.format(highest)
    )
}

/// Clock times in UTC at the start, the middle and the end: `09:30`, `10:00`, `10:30 UTC`; dates
/// when there are days between them: `11-01`, `11-11`, `11-21 UTC`.
#[must_use]
pub fn clock_labels(points: &[ChartPoint]) -> Vec<String> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let span_ms = last.time.since_ms(first.time);
    let skipped = if span_ms < DATES_FROM_MS { 11 } else { 5 };
    let clock = |ms: i64| -> String {
        let moment = first.time.plus_ms(ms).to_rfc3339();
        moment.chars().skip(skipped).take(5).collect()
    };
    vec![
        clock(0),
        clock(span_ms / 2),
        format!("{} UTC", clock(span_ms)),
    ]
}

#[cfg(test)]
mod tests {
    use types::Timestamp;

    use super::*;

    #[test]
    fn values_are_readable() {
        for (unit, value, text) in [
            (ChartUnit::Bytes, 1_610_612_736.0, "1.5 GiB"),
            (ChartUnit::CpuMillis, 750.0, "0.75 cores"),
            (ChartUnit::CpuMillis, 1_000.0, "1 core"),
            (ChartUnit::CpuMillis, 2_000.0, "2 cores"),
            (ChartUnit::Percent, 12.345, "12.35 %"),
            (ChartUnit::Count, 100.0, "100"),
            (ChartUnit::Count, f64::NAN, "0"),
            (ChartUnit::Large, 999.0, "999"),
            (ChartUnit::Large, 12_345.0, "12.3 k"),
            (ChartUnit::Large, 450_000_000.0, "450 M"),
            (ChartUnit::Large, 2e18, "2000000 T"),
            (ChartUnit::Coins, 0.000_021, "2.1e-5 ETH"),
            (ChartUnit::Coins, 12.5, "12.5 ETH"),
            (ChartUnit::Bytes, -1.0, "0 B"),
        ] {
            assert_eq!(unit.format(value), text);
        }
    }

    #[test]
    fn the_sentence_tells_what_the_picture_shows() {
        let points = [(0, 1.0), (60_000, 3.0), (120_000, 2.0)].map(|(time, value)| ChartPoint {
            time: Timestamp(time),
            value,
        });
        assert_eq!(
            sentence("Processes", &points, ChartUnit::Count, Some(10.0)),
            "Processes: now 2, at most 3, limit 10."
        );
        assert_eq!(
            sentence("Memory", &[], ChartUnit::Bytes, None),
            "Memory: no measurements yet."
        );
        assert_eq!(clock_labels(&points), ["00:00", "00:01", "00:02 UTC"]);
        assert!(clock_labels(&[]).is_empty());
        let days = [0, 10 * 86_400_000].map(|time| ChartPoint {
            time: Timestamp(time),
            value: 0.0,
        });
        assert_eq!(clock_labels(&days), ["01-01", "01-06", "01-11 UTC"]);
    }
}
