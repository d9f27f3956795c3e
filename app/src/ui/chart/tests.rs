use super::*;
use crate::rendered::html;

fn measurements() -> Vec<ChartPoint> {
    (0_i32..4)
        .map(|step| ChartPoint {
            time: Timestamp(i64::from(step) * 60_000),
            value: f64::from(step) * 250.0,
        })
        .collect()
}

#[test]
fn a_chart_is_whole_in_the_servers_html() {
    insta::assert_snapshot!(html(|| view! {
        <AreaChart label="Processor" points=measurements() unit=ChartUnit::CpuMillis limit=1_000.0 />
    }));
}

#[test]
fn a_chart_without_measurements_says_so() {
    let chart =
        html(|| view! { <AreaChart label="Memory" points=Vec::new() unit=ChartUnit::Bytes /> });
    assert!(chart.contains("Memory: no measurements yet."), "{chart}");
    assert!(!chart.contains("NaN"), "{chart}");
}

#[test]
fn a_sparkline_takes_bare_values() {
    insta::assert_snapshot!(html(
        || view! { <Sparkline label="Load" values=vec![1.0, 3.0, 2.0] /> }
    ));
}
