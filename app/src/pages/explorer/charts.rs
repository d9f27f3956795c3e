//! `/explorer/charts`: activity by the hour and by the day.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::explorer::{Chart, ChartPeriod};

use super::feed::{Follows, live};
use super::path;
use crate::actions::explorer::read_chart;
use crate::ui::{AreaChart, Card, ChartPoint, ChartUnit, PageHeader, TabLink, Tabs};

const HOURS: u32 = 48;
const DAYS: u32 = 30;

/// What a chart shows of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Transactions,
    Blocks,
    GasUsed,
    Fees,
    TokenTransfers,
    ActiveAddresses,
    NewAddresses,
}

impl Measure {
    const ALL: [Self; 7] = [
        Self::Transactions,
        Self::ActiveAddresses,
        Self::NewAddresses,
        Self::TokenTransfers,
        Self::GasUsed,
        Self::Fees,
        Self::Blocks,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Transactions => "Transactions",
            Self::Blocks => "Blocks",
            Self::GasUsed => "Gas used",
            Self::Fees => "Fees",
            Self::TokenTransfers => "Token transfers",
            Self::ActiveAddresses => "Active addresses",
            Self::NewAddresses => "New addresses",
        }
    }

    pub(super) const fn unit(self) -> ChartUnit {
        match self {
            Self::Fees => ChartUnit::Coins,
            _ => ChartUnit::Large,
        }
    }

    /// Exact up to 2^53, which no step of a chart reaches; a picture needs no more.
    fn of(self, point: &types::explorer::ChartPoint) -> f64 {
        match self {
            Self::Transactions => point.transactions as f64,
            Self::Blocks => point.blocks as f64,
            Self::GasUsed => point.gas_used as f64,
            Self::Fees => point.fees.to_coins().parse().unwrap_or_default(),
            Self::TokenTransfers => point.token_transfers as f64,
            Self::ActiveAddresses => point.active_addresses as f64,
            Self::NewAddresses => point.new_addresses as f64,
        }
    }
}

/// One measure of a chart over time.
pub(super) fn chart_points(chart: &Chart, measure: Measure) -> Vec<ChartPoint> {
    chart
        .points
        .iter()
        .map(|point| ChartPoint {
            time: point.start,
            value: measure.of(point),
        })
        .collect()
}

/// All charts.
#[component]
pub fn ChartsPage() -> impl IntoView {
    let parameters = use_query_map();
    let period = Memo::new(move |_| {
        match parameters.with(|parameters| parameters.get_str("period") == Some("hour")) {
            true => ChartPeriod::Hour,
            false => ChartPeriod::Day,
        }
    });
    let current = Memo::new(move |_| period_address(period.get()));
    let tabs = vec![
        TabLink::new(period_address(ChartPeriod::Day), "Last 30 days"),
        TabLink::new(period_address(ChartPeriod::Hour), "Last 48 hours"),
    ];
    view! {
        <PageHeader title="Charts" description="What happened on the chain, in steps of a day or an hour (UTC). The last step is not over yet." />
        <Tabs label="Steps" tabs current />
        {live(
            period,
            |_| Follows::EachBlock,
            |period| read_chart(period, points(period)),
            |_, chart| view! { <ChartCards chart /> },
        )}
    }
}

fn period_address(period: ChartPeriod) -> String {
    match period {
        ChartPeriod::Day => path::CHARTS.to_owned(),
        ChartPeriod::Hour => path::with_query(path::CHARTS, &[("period", "hour")]),
    }
}

const fn points(period: ChartPeriod) -> u32 {
    match period {
        ChartPeriod::Hour => HOURS,
        ChartPeriod::Day => DAYS,
    }
}

#[component]
pub(super) fn ChartCards(chart: Chart) -> impl IntoView {
    let cards = Measure::ALL.map(|measure| {
        let points = chart_points(&chart, measure);
        view! { <Card><AreaChart label=measure.label() points unit=measure.unit() /></Card> }
    });
    view! { <div class="explorer-columns is-even">{cards.collect_view()}</div> }
}
