use super::*;
use crate::rendered::html;

#[test]
fn amounts_are_short_and_exact_on_hover() {
    insta::assert_snapshot!(html(|| view! {
        <Coins wei=Amount::from(1_500_000_000_000_000_001_u64) />
        <Coins wei=Amount::from(1_u64) />
        <GasPrice wei=Amount::from(1_500_000_000_u64) />
        <TokenAmount amount=Amount::from(1_234_567_u64) decimals=Some(2) symbol="<USD>" />
        <TokenAmount amount=Amount::from(7_u64) decimals=None />
    }));
    assert_eq!(count(1_234_567), "1,234,567");
}
