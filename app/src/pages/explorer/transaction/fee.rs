//! Who got what of a transaction's fee.

use leptos::prelude::*;
use types::explorer::{Amount, FeeSplit};

use crate::ui::{Coins, GasPrice, KeyValue};

/// Width of the drawn bar.
const BAR_WIDTH: u32 = 1_000;

#[component]
pub(super) fn FeeFacts(fee: FeeSplit) -> impl IntoView {
    let burnt_width = share(&fee.burnt, &fee.paid);
    let sentence = format!(
        "Of the fee {burnt_width} of {BAR_WIDTH} parts were burnt; the rest went to the block's signer"
    );
    view! {
        <KeyValue label="Fee"><Coins wei=fee.paid /></KeyValue>
        <KeyValue label="Who got it">
            <div class="fee-split">
                <svg class="fee-bar" viewBox=format!("0 0 {BAR_WIDTH} 1") preserveAspectRatio="none" role="img" aria-label=sentence>
                    <rect class="fee-burnt" width=burnt_width height="1" />
                    <rect class="fee-tip" x=burnt_width width=BAR_WIDTH - burnt_width height="1" />
                </svg>
                <ul class="fee-legend">
                    <li class="fee-legend-burnt">"Burnt " <Coins wei=fee.burnt /></li>
                    <li class="fee-legend-tip">"Signer's tip " <Coins wei=fee.tip /></li>
                    {fee.saved.map(|wei| view! {
                        <li class="fee-legend-saved">"Allowed and not taken " <Coins wei /></li>
                    })}
                </ul>
            </div>
        </KeyValue>
        <KeyValue label="Gas price">
            <GasPrice wei=fee.effective_gas_price />
            {fee.base_fee_per_gas.map(|wei| view! {
                <span class="text-muted">" · base fee "<GasPrice wei /></span>
            })}
            {fee.max_fee_per_gas.map(|wei| view! {
                <span class="text-muted">" · at most "<GasPrice wei /></span>
            })}
            {fee.max_priority_fee_per_gas.map(|wei| view! {
                <span class="text-muted">" · tip at most "<GasPrice wei /></span>
            })}
        </KeyValue>
    }
}

/// Thousandths of the whole that a part is: enough for a picture.
fn share(part: &Amount, whole: &Amount) -> u32 {
    let number = |amount: &Amount| amount.as_str().parse::<f64>().unwrap_or_default();
    let whole = number(whole);
    if whole <= 0.0 {
        return 0;
    }
    // The cast saturates.
    ((number(part) / whole * f64::from(BAR_WIDTH)).round() as u32).min(BAR_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_thousandths() {
        for (part, whole, expected) in [(0_u64, 0_u64, 0), (0, 9, 0), (1, 3, 333), (9, 9, 1_000)] {
            assert_eq!(share(&Amount::from(part), &Amount::from(whole)), expected);
        }
    }
}
