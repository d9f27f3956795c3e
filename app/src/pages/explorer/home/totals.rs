use leptos::prelude::*;
use types::explorer::{ChainTotals, GasPrices, Part};

use crate::pages::explorer::part::section_of;
use crate::pages::explorer::path;
use crate::ui::{Card, GasPrice, KeyValue, KeyValues, count};

/// Numbers of the whole chain.
#[component]
pub(super) fn Totals(
    totals: ChainTotals,
    block_time_ms: Option<u64>,
    transactions_per_1000_s: Option<u64>,
) -> impl IntoView {
    let facts = [
        ("Blocks", count(totals.blocks), Some(path::BLOCKS)),
        (
            "Transactions",
            count(totals.transactions),
            Some(path::TRANSACTIONS),
        ),
        ("Addresses", count(totals.addresses), Some(path::ACCOUNTS)),
        ("Contracts", count(totals.contracts), None),
        ("Tokens", count(totals.tokens), Some(path::TOKENS)),
        ("Token transfers", count(totals.token_transfers), None),
        (
            "Time between blocks",
            block_time_ms.map_or_else(dash, tenths_of_second),
            None,
        ),
        (
            "Transactions a second",
            transactions_per_1000_s.map_or_else(dash, thousandths),
            None,
        ),
    ];
    view! {
        <dl class="totals">
            {facts.map(|(label, value, href)| view! {
                <div class="total">
                    <dt>{label}</dt>
                    <dd>
                        {match href {
                            Some(href) => view! { <a href=href>{value}</a> }.into_any(),
                            None => value.into_any(),
                        }}
                    </dd>
                </div>
            }).collect_view()}
        </dl>
    }
}

fn dash() -> String {
    "–".to_owned()
}

fn tenths_of_second(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

/// A thousandth of a number with as many digits as say something: `0.004`, `12.5`, `2,000`.
fn thousandths(number: u64) -> String {
    let (whole, rest) = (number / 1_000, number % 1_000);
    match whole {
        0 if rest < 100 => format!("0.{rest:03}"),
        0..100 => format!("{whole}.{}", rest / 100),
        _ => count(whole),
    }
}

/// What to offer for gas now.
#[component]
pub(super) fn GasCard(gas: Part<GasPrices>) -> impl IntoView {
    view! {
        <Card title="Gas" description="What a unit of gas costs in the next block">
            {section_of(gas, "Gas prices", |gas| view! {
                <KeyValues>
                    <KeyValue label="Base fee"><GasPrice wei=gas.base_fee_per_gas /></KeyValue>
                    <KeyValue label="Tip, unhurried"><GasPrice wei=gas.slow_tip /></KeyValue>
                    <KeyValue label="Tip, usual"><GasPrice wei=gas.usual_tip /></KeyValue>
                    <KeyValue label="Tip, first in line"><GasPrice wei=gas.fast_tip /></KeyValue>
                    <KeyValue label="Blocks are full to">{gas.used_percent}" %"</KeyValue>
                </KeyValues>
            })}
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_the_digits_that_say_something() {
        for (number, text) in [
            (4, "0.004"),
            (450, "0.4"),
            (12_500, "12.5"),
            (2_000_000, "2,000"),
        ] {
            assert_eq!(thousandths(number), text);
        }
        assert_eq!(tenths_of_second(2_049), "2.0 s");
    }
}
