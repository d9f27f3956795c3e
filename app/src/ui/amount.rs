//! Amounts: short for the eye, exact on hover and for machines.

use leptos::prelude::*;
use types::explorer::Amount;

/// The symbol of the chain's own coin. Every chain that wallets are told of calls it so
/// (`crate::wallet::chain`).
pub const COIN_SYMBOL: &str = "ETH";
/// Decimals of the chain's own coin.
const COIN_DECIMALS: u8 = 18;
const GWEI_DECIMALS: u8 = 9;
/// Digits after the point that tables show.
const SHORT_DIGITS: usize = 6;

/// An amount of wei in the chain's coin: `1.25 ETH`.
#[component]
pub fn Coins(wei: Amount) -> impl IntoView {
    quantity(&wei, COIN_DECIMALS, COIN_SYMBOL)
}

/// A price for a unit of gas: `1.5 gwei`.
#[component]
pub fn GasPrice(wei: Amount) -> impl IntoView {
    quantity(&wei, GWEI_DECIMALS, "gwei")
}

/// An amount of a token in its large unit.
#[component]
pub fn TokenAmount(
    amount: Amount,
    /// None where the token does not say: whole units.
    decimals: Option<u8>,
    #[prop(optional, into)] symbol: String,
) -> impl IntoView {
    quantity(&amount, decimals.unwrap_or(0), &symbol)
}

/// A count with its thousands separated: `1,234,567`.
#[must_use]
pub fn count(number: u64) -> String {
    Amount::from(number).to_short_units(0, 0)
}

fn quantity(amount: &Amount, decimals: u8, unit: &str) -> impl IntoView + use<> {
    let exact = with_unit(&amount.to_units(decimals), unit);
    let short = amount.to_short_units(decimals, SHORT_DIGITS);
    let unit = (!unit.is_empty()).then(|| {
        let unit = unit.to_owned();
        view! { <span class="amount-unit">" "{unit}</span> }
    });
    view! { <data class="amount" value=amount.to_string() title=exact>{short}{unit}</data> }
}

fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" => number.to_owned(),
        unit => format!("{number} {unit}"),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
