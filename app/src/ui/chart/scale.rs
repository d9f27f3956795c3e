//! From values to the drawing's coordinates. Floats are for drawing only.

use super::path::PLOT_HEIGHT;

/// Parts into which grid lines divide the height.
pub const STEPS: u8 = 4;

/// The top of an axis: the limit if there is one and nothing is above it, else the next round
/// number above the highest value. Always positive and finite.
#[must_use]
pub fn axis_maximum(highest: f64, limit: Option<f64>) -> f64 {
    match limit {
        Some(limit) if limit > 0.0 && limit.is_finite() && highest <= limit => limit,
        _ => round_up(highest),
    }
}

/// 1, 2, 4, 5 or 8 times a power of ten: divisible into [`STEPS`] readable parts.
fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let magnitude = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 8.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|candidate| *candidate >= value)
        .unwrap_or(10.0 * magnitude)
}

/// The values at the grid lines, from 0 to `top`.
#[must_use]
pub fn axis_ticks(top: f64) -> Vec<f64> {
    (0..=STEPS)
        .map(|step| top * f64::from(step) / f64::from(STEPS))
        .collect()
}

/// Distance of a value from the top of the drawing, kept within it.
#[must_use]
pub fn y_of(value: f64, top: f64) -> f64 {
    let share = if value.is_finite() && top > 0.0 {
        (value / top).clamp(0.0, 1.0)
    } else {
        0.0
    };
    PLOT_HEIGHT * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_top_is_round() {
        for (highest, limit, top) in [
            (0.0, None, 1.0),
            (f64::NAN, None, 1.0),
            (0.7, None, 0.8),
            (1.0, None, 1.0),
            (3.1, None, 4.0),
            (9.2, None, 10.0),
            (870.0, None, 1_000.0),
            (1.0, Some(2.0), 2.0),
            (2.5, Some(2.0), 4.0),
            (1.0, Some(0.0), 1.0),
        ] {
            let found = axis_maximum(highest, limit);
            assert!((found - top).abs() < 1e-9, "{highest} {limit:?}: {found}");
        }
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_drawing(value in any::<f64>(), highest in any::<f64>()) {
            let top = axis_maximum(highest, None);
            let y = y_of(value, top);
            prop_assert!(top.is_nan() || top > 0.0);
            prop_assert!((0.0..=PLOT_HEIGHT).contains(&y));
        }

        #[test]
        fn higher_values_are_drawn_higher(low in 0.0_f64..1e9, more in 0.0_f64..1e9) {
            let top = axis_maximum(low + more, None);
            prop_assert!(top >= low + more);
            prop_assert!(y_of(low + more, top) <= y_of(low, top));
        }
    }
}
