//! Small charts as SVG: complete in the server's HTML, redrawn when their signals change.
//!
//! Shapes stretch with their frame and lines keep their width; words are HTML beside the drawing,
//! so that they stay readable at any size.

pub mod path;
pub mod scale;
pub mod summary;

use leptos::prelude::*;
use types::Timestamp;

use path::{PLOT_HEIGHT, PLOT_WIDTH, area_path, line_path};
use scale::{axis_maximum, axis_ticks};
pub use summary::ChartUnit;
use summary::{clock_labels, sentence};

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartPoint {
    pub time: Timestamp,
    pub value: f64,
}

/// A value over time with axes. Points are in order of time; a gap in them is a gap in the line.
#[component]
pub fn AreaChart(
    #[prop(into)] label: String,
    #[prop(into)] points: Signal<Vec<ChartPoint>>,
    unit: ChartUnit,
    /// A line that must not be crossed; also the top of the scale.
    #[prop(optional)]
    limit: Option<f64>,
) -> impl IntoView {
    let top = Memo::new(move |_| axis_maximum(points.with(|points| highest(points)), limit));
    let label_text = label.clone();
    let description =
        Memo::new(move |_| points.with(|points| sentence(&label_text, points, unit, limit)));
    view! {
        <figure class="chart">
            <figcaption class="chart-head">
                <span class="chart-label">{label}</span>
                <span class="chart-value">
                    {move || points.with(|points| points.last().map(|point| unit.format(point.value)))}
                </span>
            </figcaption>
            <div class="chart-plot">
                <div class="chart-axis-y" aria-hidden="true">
                    {move || axis_ticks(top.get()).into_iter().rev()
                        .map(|tick| view! { <span>{unit.format(tick)}</span> }).collect_view()}
                </div>
                <Plot points=points top=top limit=limit description=description />
            </div>
            <div class="chart-axis-x" aria-hidden="true">
                {move || points.with(|points| clock_labels(points)).into_iter()
                    .map(|text| view! { <span>{text}</span> }).collect_view()}
            </div>
        </figure>
    }
}

#[component]
fn Plot(
    points: Signal<Vec<ChartPoint>>,
    top: Memo<f64>,
    limit: Option<f64>,
    description: Memo<String>,
) -> impl IntoView {
    let line = Memo::new(move |_| points.with(|points| line_path(points, top.get())));
    let area = Memo::new(move |_| points.with(|points| area_path(points, top.get())));
    let limit_y = limit.map(|limit| move || format!("{:.1}", scale::y_of(limit, top.get())));
    view! {
        <svg
            class="chart-svg"
            viewBox=format!("0 0 {PLOT_WIDTH} {PLOT_HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=description
        >
            {grid_lines()}
            <path class="chart-area" d=area />
            <path class="chart-line" d=line />
            {limit_y.map(|y| view! {
                <line class="chart-limit" x1="0" x2=PLOT_WIDTH y1=y y2=y />
            })}
        </svg>
    }
}

fn grid_lines() -> impl IntoView {
    (0..=scale::STEPS)
        .map(|step| {
            let y = f64::from(step) * PLOT_HEIGHT / f64::from(scale::STEPS);
            view! { <line class="chart-grid" x1="0" x2=PLOT_WIDTH y1=y y2=y /> }
        })
        .collect_view()
}

/// A value over time as one small line, for tables and cards.
#[component]
pub fn Sparkline(
    #[prop(into)] label: String,
    #[prop(into)] values: Signal<Vec<f64>>,
) -> impl IntoView {
    let shapes = Memo::new(move |_| {
        let points = values.with(|values| evenly(values));
        let top = axis_maximum(highest(&points), None);
        (area_path(&points, top), line_path(&points, top))
    });
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 0 {PLOT_WIDTH} {PLOT_HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            <path class="chart-area" d=move || shapes.get().0 />
            <path class="chart-line" d=move || shapes.get().1 />
        </svg>
    }
}

fn evenly(values: &[f64]) -> Vec<ChartPoint> {
    (0_i64..)
        .zip(values)
        .map(|(index, value)| ChartPoint {
            time: Timestamp(index),
            value: *value,
        })
        .collect()
}

fn highest(points: &[ChartPoint]) -> f64 {
    points
        .iter()
        .map(|point| point.value)
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max)
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
