use leptos::prelude::*;
use types::explorer::Chart;

use crate::pages::explorer::charts::{Measure, chart_points};
use crate::pages::explorer::path;
use crate::ui::{AreaChart, Card, ControlSize, IconName, LinkButton};

/// Transactions by the day.
#[component]
pub(super) fn ActivityCard(chart: Chart) -> impl IntoView {
    let measure = Measure::Transactions;
    let points = chart_points(&chart, measure);
    view! {
        <Card
            title="Activity"
            actions=|| view! {
                <LinkButton href=path::CHARTS size=ControlSize::Small icon=IconName::Chart>"All charts"</LinkButton>
            }
        >
            <AreaChart label="Transactions a day" points unit=measure.unit() />
        </Card>
    }
}
