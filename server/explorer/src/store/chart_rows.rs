//! Activity over time and numbers of the whole chain.

use types::Timestamp;
use types::explorer::ChartPeriod;

use super::aggregate_rows::{TOTALS_OF_BLOCKS, load_totals, read_period};
use super::call_rows::TOTALS_OF_CALLS;
use super::sql::{all, read_signed, signed};
use super::{Result, Store};
use crate::aggregate::{Period, Totals};

impl Store {
    /// Steps that have something, from `from` on, oldest first.
    pub(crate) async fn periods(
        &self,
        period: ChartPeriod,
        from: Timestamp,
    ) -> Result<Vec<(Timestamp, Period)>> {
        all(
            &self.database,
            "SELECT * FROM chain_periods WHERE length_ms = ? AND start >= ? ORDER BY start",
            vec![signed(period.length_ms()), signed(from.0)],
            |row| Ok((Timestamp(read_signed(row, "start")?), read_period(row)?)),
        )
        .await
    }

    /// Numbers of the whole chain; contracts are those of both sections.
    pub(crate) async fn totals(&self) -> Result<Totals> {
        let blocks = load_totals(&self.database, TOTALS_OF_BLOCKS).await?;
        let calls = load_totals(&self.database, TOTALS_OF_CALLS).await?;
        let mut totals = blocks.unwrap_or_default();
        totals.contracts += calls.unwrap_or_default().contracts;
        Ok(totals)
    }
}
