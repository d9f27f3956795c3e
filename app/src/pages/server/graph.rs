//! Series for the resource graphs.

use types::notebook::Usage;

use crate::ui::ChartPoint;

/// Span of the graphs.
pub(crate) const SPAN_MS: i64 = 3_600_000;

/// Memory in bytes over the last hour.
pub(crate) fn memory_series(samples: &[Usage]) -> Vec<ChartPoint> {
    series(samples, |usage| usage.memory_bytes as f64)
}

/// Processor in thousandths of a core over the last hour.
pub(crate) fn cpu_series(samples: &[Usage]) -> Vec<ChartPoint> {
    series(samples, |usage| f64::from(usage.cpu_millis))
}

/// A limit as the graph draws it; 0 is none.
pub(crate) fn limit(limit: u64) -> Option<f64> {
    (limit > 0).then_some(limit as f64)
}

fn series(samples: &[Usage], value: impl Fn(&Usage) -> f64) -> Vec<ChartPoint> {
    let Some(newest) = samples.last() else {
        return Vec::new();
    };
    samples
        .iter()
        .filter(|sample| newest.time.since_ms(sample.time) <= SPAN_MS)
        .map(|sample| ChartPoint {
            time: sample.time,
            value: value(sample),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{NOW, usage};

    #[test]
    fn the_graph_ends_now_and_spans_an_hour() {
        let samples: Vec<Usage> = [-4_000_000, -3_600_000, -5_000, 0]
            .map(|ago_ms| Usage {
                time: NOW.plus_ms(ago_ms),
                ..usage()
            })
            .to_vec();
        let times: Vec<i64> = cpu_series(&samples)
            .into_iter()
            .map(|point| point.time.since_ms(NOW))
            .collect();
        assert_eq!(times, [-3_600_000, -5_000, 0]);
        assert!(memory_series(&[]).is_empty());
    }

    #[test]
    fn no_limit_is_no_line() {
        assert_eq!(limit(0), None);
        assert_eq!(limit(2), Some(2.0));
    }
}
