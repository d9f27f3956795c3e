//! What gas costs.

use std::sync::Arc;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{U64, U128};
use alloy_rpc_types_eth::FeeHistory;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{self, header_not_found, number_of};
use crate::error::StoreError;
use crate::header_rules::next_base_fee;
use crate::tip::Tip;

/// Blocks that the suggestion of a tip looks at, and the cheapest transactions in each: geth's.
const TIP_BLOCKS: u64 = 20;
const TIP_SAMPLES_PER_BLOCK: usize = 3;
/// The tip is higher than that of so many hundredths of the sample.
const TIP_PERCENTILE: usize = 60;
/// Suggested where nobody has paid a tip lately, and at most.
const TIP_DEFAULT_WEI: u128 = 1_000_000_000;
const TIP_MAX_WEI: u128 = 500_000_000_000;
/// Transactions of a block that are read for it.
const TIP_TRANSACTIONS_MAX: u32 = 256;
/// Blocks that one history covers.
const HISTORY_BLOCKS_MAX: u64 = 1_024;
/// Percentiles in one request.
const PERCENTILES_MAX: usize = 100;

pub(super) fn gas_price(node: &Node, params: Params) -> Answer {
    params.end()?;
    let tip = node.chain.tip();
    let base_fee_wei = u128::from(next_base_fee(&tip.header));
    answer(&U128::from(base_fee_wei + suggest_tip(node, &tip)?))
}

pub(super) fn max_priority_fee_per_gas(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U128::from(suggest_tip(node, &node.chain.tip())?))
}

/// There are no blobs; were there any, they would cost the least.
pub(super) fn blob_base_fee(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U64::from(1))
}

pub(super) fn fee_history(node: &Node, mut params: Params) -> Answer {
    let count: Count = params.required()?;
    let newest: BlockNumberOrTag = params.required()?;
    let percentiles: Vec<f64> = params.optional()?.unwrap_or_default();
    params.end()?;
    check_percentiles(&percentiles)?;
    let tip = node.chain.tip();
    let newest = number_of(node, &tip, newest).ok_or_else(header_not_found)?;
    let count = count.0.min(HISTORY_BLOCKS_MAX).min(newest + 1);
    if count == 0 {
        return answer(&FeeHistory::default());
    }
    let oldest = newest + 1 - count;
    let mut history = FeeHistory {
        oldest_block: oldest,
        reward: (!percentiles.is_empty()).then(Vec::new),
        ..FeeHistory::default()
    };
    for number in oldest..=newest {
        let block = position::by_number(&tip, number)?.ok_or_else(header_not_found)?;
        let header = &block.header;
        history
            .base_fee_per_gas
            .push(header.base_fee_per_gas.unwrap_or_default().into());
        history
            .gas_used_ratio
            .push(header.gas_used as f64 / header.gas_limit as f64);
        if let Some(rewards) = &mut history.reward {
            let base_fee_wei = header.base_fee_per_gas.unwrap_or_default();
            let paid = tips_paid(&tip, number, base_fee_wei)?;
            rewards.push(rewards_at(paid, header.gas_used, &percentiles));
        }
        if number == newest {
            history.base_fee_per_gas.push(next_base_fee(header).into());
        }
    }
    // geth tells of blobs since Cancun: there are none.
    let blocks = history.gas_used_ratio.len();
    history.base_fee_per_blob_gas = vec![1; blocks + 1];
    history.blob_gas_used_ratio = vec![0.0; blocks];
    answer(&history)
}

/// A number of blocks: a quantity, or a decimal number as old clients send it.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Count(#[serde(with = "count_of_blocks")] u64);

/// Reads what [`Count`] allows.
mod count_of_blocks {
    use alloy_primitives::U64;
    use serde::{Deserialize, Deserializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Quantity {
        Number(u64),
        Text(U64),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Ok(match Quantity::deserialize(deserializer)? {
            Quantity::Number(number) => number,
            Quantity::Text(number) => number.to(),
        })
    }
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), RpcError> {
    if percentiles.len() > PERCENTILES_MAX {
        return Err(RpcError::invalid_params(format!(
            "over the query limit {PERCENTILES_MAX}: {} percentiles",
            percentiles.len()
        )));
    }
    if !percentiles
        .iter()
        .all(|percentile| (0.0..=100.0).contains(percentile))
    {
        return Err(RpcError::invalid_params(
            "invalid reward percentile: not within 0 to 100",
        ));
    }
    if !percentiles.is_sorted() {
        return Err(RpcError::invalid_params(
            "invalid reward percentile: they must ascend",
        ));
    }
    Ok(())
}

/// Tip and gas of each transaction of a block.
fn tips_paid(tip: &Tip, number: u64, base_fee_wei: u64) -> Result<Vec<(u128, u64)>, StoreError> {
    let transactions = tip.view.transactions(number)?;
    let receipts = tip.view.receipts(number)?;
    Ok(transactions
        .iter()
        .zip(&receipts)
        .map(|(transaction, receipt)| {
            let paid = transaction
                .effective_tip_wei(base_fee_wei)
                .unwrap_or_default();
            (paid, receipt.gas_used)
        })
        .collect())
}

/// The tip below which so many hundredths of a block's gas were bought, for each percentile.
fn rewards_at(mut paid: Vec<(u128, u64)>, gas_used: u64, percentiles: &[f64]) -> Vec<u128> {
    paid.sort_unstable();
    let mut bought = 0_u64;
    let mut cheapest = paid.iter();
    let mut current = cheapest.next();
    if let Some((_, gas)) = current {
        bought += gas;
    }
    percentiles
        .iter()
        .map(|percentile| {
            let threshold = (gas_used as f64 * percentile / 100.0) as u64;
            while bought < threshold
                && let Some(next) = cheapest.next()
            {
                bought += next.1;
                current = Some(next);
            }
            current.map_or(0, |(tip_wei, _)| *tip_wei)
        })
        .collect()
}

/// A tip with which a transaction is likely to be in one of the next blocks: a percentile of the
/// cheapest that were in the last ones.
fn suggest_tip(node: &Node, tip: &Tip) -> Result<u128, StoreError> {
    if let Some(known) = node.tip_suggestion.load().as_deref()
        && known.0 == tip.hash
    {
        return Ok(known.1);
    }
    let newest = tip.header.number;
    let mut samples = Vec::new();
    for number in newest.saturating_sub(TIP_BLOCKS - 1)..=newest {
        let Some(block) = position::by_number(tip, number)? else {
            continue;
        };
        let base_fee_wei = block.header.base_fee_per_gas.unwrap_or_default();
        let count = tip
            .view
            .transactions_count(number)?
            .min(TIP_TRANSACTIONS_MAX);
        let mut tips = Vec::new();
        for index in 0..count {
            let transaction = tip.view.transaction(number, index)?;
            tips.extend(transaction.and_then(|paid| paid.effective_tip_wei(base_fee_wei)));
        }
        tips.sort_unstable();
        samples.extend(tips.into_iter().take(TIP_SAMPLES_PER_BLOCK));
    }
    samples.sort_unstable();
    let index = samples.len().saturating_sub(1) * TIP_PERCENTILE / 100;
    let suggested = samples
        .get(index)
        .map_or(TIP_DEFAULT_WEI, |tip_wei| (*tip_wei).min(TIP_MAX_WEI));
    node.tip_suggestion
        .store(Some(Arc::new((tip.hash, suggested))));
    Ok(suggested)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paid: &[(u128, u64)], percentiles: &[f64], rewards: &[u128]) {
        let gas_used = paid.iter().map(|(_, gas)| gas).sum();
        assert_eq!(rewards_at(paid.to_vec(), gas_used, percentiles), rewards);
    }

    #[test]
    fn rewards() {
        check(&[], &[0.0, 50.0, 100.0], &[0, 0, 0]);
        check(&[(5, 21_000)], &[0.0, 100.0], &[5, 5]);
        check(
            &[(9, 50), (1, 50)],
            &[0.0, 50.0, 51.0, 100.0],
            &[1, 1, 9, 9],
        );
    }

    #[test]
    fn percentiles_ascend_within_bounds() {
        assert!(check_percentiles(&[0.0, 50.0, 100.0]).is_ok());
        for wrong in [
            vec![50.0, 10.0],
            vec![-1.0],
            vec![100.1],
            vec![f64::NAN],
            vec![1.0; 101],
        ] {
            assert!(check_percentiles(&wrong).is_err(), "{wrong:?}");
        }
    }
}
