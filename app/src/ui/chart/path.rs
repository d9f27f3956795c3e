//! SVG paths of measurements.

use std::fmt::Write;

use super::ChartPoint;
use super::scale::y_of;

/// The drawing's own units; the frame stretches it.
pub const PLOT_WIDTH: f64 = 600.0;
pub const PLOT_HEIGHT: f64 = 120.0;
/// A pause this many times the usual distance is a gap.
const GAP_FACTOR: i64 = 4;

/// The line through the points, broken at gaps; empty below two points.
#[must_use]
pub fn line_path(points: &[ChartPoint], top: f64) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for run in runs(points) {
        draw_run(&mut path, run, points, top);
    }
    path
}

/// The area beneath the line, closed at the bottom.
#[must_use]
pub fn area_path(points: &[ChartPoint], top: f64) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for run in runs(points) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        draw_run(&mut path, run, points, top);
        let (start, end) = (x_of(*first, points), x_of(*last, points));
        let _ = write!(path, "L{end:.1} {PLOT_HEIGHT}L{start:.1} {PLOT_HEIGHT}Z");
    }
    path
}

fn draw_run(path: &mut String, run: &[ChartPoint], all: &[ChartPoint], top: f64) {
    for (index, point) in run.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let (x, y) = (x_of(*point, all), y_of(point.value, top));
        // Writing to a String cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
}

/// Neighbouring points without a gap; single points draw nothing.
fn runs(points: &[ChartPoint]) -> impl Iterator<Item = &[ChartPoint]> {
    let gap_ms = usual_distance_ms(points).saturating_mul(GAP_FACTOR);
    points
        .chunk_by(move |left, right| right.time.since_ms(left.time) <= gap_ms)
        .filter(|run| run.len() > 1)
}

/// The median distance between neighbours.
fn usual_distance_ms(points: &[ChartPoint]) -> i64 {
    let mut distances: Vec<i64> = points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(left, right)| right.time.since_ms(left.time))
        .collect();
    distances.sort_unstable();
    distances
        .get(distances.len() / 2)
        .copied()
        .unwrap_or(0)
        .max(1)
}

fn x_of(point: ChartPoint, all: &[ChartPoint]) -> f64 {
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return 0.0;
    };
    let span_ms = last.time.since_ms(first.time).max(1);
    let passed_ms = point.time.since_ms(first.time).clamp(0, span_ms);
    // Spans of a chart are far below 2^53 ms.
    PLOT_WIDTH * passed_ms as f64 / span_ms as f64
}

#[cfg(test)]
mod tests {
    use types::Timestamp;

    use super::*;

    fn points(pairs: &[(i64, f64)]) -> Vec<ChartPoint> {
        pairs
            .iter()
            .map(|(time, value)| ChartPoint {
                time: Timestamp(*time),
                value: *value,
            })
            .collect()
    }

    #[test]
    fn lines_are_drawn_from_left_to_right() {
        let steady = points(&[(0, 0.0), (10, 50.0), (20, 100.0)]);
        assert_eq!(line_path(&steady, 100.0), "M0.0 120.0L300.0 60.0L600.0 0.0");
        assert_eq!(
            area_path(&steady, 100.0),
            "M0.0 120.0L300.0 60.0L600.0 0.0L600.0 120L0.0 120Z"
        );
    }

    #[test]
    fn a_pause_breaks_the_line() {
        let paused = points(&[(0, 1.0), (10, 1.0), (20, 1.0), (990, 1.0), (1000, 1.0)]);
        assert_eq!(line_path(&paused, 1.0).matches('M').count(), 2);
    }

    #[test]
    fn too_few_points_draw_nothing() {
        for pairs in [&[][..], &[(5, 1.0)][..]] {
            assert_eq!(line_path(&points(pairs), 1.0), "");
            assert_eq!(area_path(&points(pairs), 1.0), "");
        }
    }
}
