//! Activity over time.

use types::Timestamp;
use types::explorer::{Chart, ChartPeriod, ChartPoint};

use super::{Explorer, Result};
use crate::aggregate::Period;
use crate::convert::amount;
use crate::limits::CHART_POINTS_MAX;

impl Explorer {
    /// The newest `points` steps, at most [`CHART_POINTS_MAX`], ending with the one of the newest
    /// block. Steps in which nothing happened are there with zeros.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn chart(&self, period: ChartPeriod, points: u32) -> Result<Chart> {
        let Some(newest) = self.inner.status.borrow().indexed_at else {
            return Ok(Chart {
                period,
                points: Vec::new(),
            });
        };
        let points = points.clamp(1, CHART_POINTS_MAX);
        let from = first_step(period, newest, points);
        let rows = self.inner.store.periods(period, from).await?;
        Ok(Chart {
            period,
            points: filled(period, from, points, &rows),
        })
    }
}

fn first_step(period: ChartPeriod, newest: Timestamp, points: u32) -> Timestamp {
    let span_ms = period.length_ms() * i64::from(points - 1);
    period.start_of(newest).plus_ms(-span_ms)
}

fn filled(
    period: ChartPeriod,
    from: Timestamp,
    points: u32,
    rows: &[(Timestamp, Period)],
) -> Vec<ChartPoint> {
    (0..i64::from(points))
        .map(|step| {
            let start = from.plus_ms(period.length_ms() * step);
            let row = rows.iter().find(|(at, _)| *at == start).map(|(_, row)| row);
            row.map_or_else(
                || ChartPoint {
                    start,
                    ..ChartPoint::default()
                },
                |row| ChartPoint {
                    start,
                    blocks: row.blocks,
                    transactions: row.transactions,
                    gas_used: row.gas_used,
                    fees: amount(row.fees),
                    token_transfers: row.token_transfers,
                    new_addresses: row.new_addresses,
                    active_addresses: row.active_addresses,
                },
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_without_blocks_are_shown() {
        let day_ms = ChartPeriod::Day.length_ms();
        let newest = Timestamp(10 * day_ms + 5);
        let from = first_step(ChartPeriod::Day, newest, 3);
        assert_eq!(from, Timestamp(8 * day_ms));
        let row = Period {
            transactions: 7,
            ..Period::default()
        };
        let points = filled(ChartPeriod::Day, from, 3, &[(Timestamp(9 * day_ms), row)]);
        let counts: Vec<u64> = points.iter().map(|point| point.transactions).collect();
        assert_eq!(counts, [0, 7, 0]);
    }
}
