//! Whole numbers of any size as decimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A non-negative whole number of a coin's or token's smallest unit. It holds decimal digits
/// without leading zeros, so that 256-bit amounts cross JSON and the browser without loss.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Amount(String);

/// Digits of 2^256 - 1.
const DIGITS_MAX: usize = 78;
/// Decimals of the chain's own coin: 1 coin is 10^18 wei.
const COIN_DECIMALS: u8 = 18;
/// Decimals of one gwei in wei, in which gas prices are read.
const GWEI_DECIMALS: u8 = 9;

/// The text is not a whole number of at most 78 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a whole number of at most {DIGITS_MAX} digits")]
pub struct InvalidAmount;

impl Amount {
    /// No units.
    #[must_use]
    pub fn zero() -> Self {
        Self("0".to_owned())
    }

    /// Whether there are no units.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == "0"
    }

    /// The digits, smallest unit.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In the token's large unit, exactly: 1500000 of a token with 6 decimals is `1.5`.
    #[must_use]
    pub fn to_units(&self, decimals: u8) -> String {
        let decimals = usize::from(decimals);
        if decimals == 0 {
            return self.0.clone();
        }
        let padded = format!("{:0>width$}", self.0, width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{fraction}")
        }
    }

    /// As [`Self::to_units`], with thousands separated and at most `fraction_digits` digits after
    /// the point, cut and not rounded: what is shown is never more than what is there. An amount
    /// that would be shown as nothing is `<0.001` instead.
    #[must_use]
    pub fn to_short_units(&self, decimals: u8, fraction_digits: usize) -> String {
        let exact = self.to_units(decimals);
        let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
        let kept = fraction
            .get(..fraction_digits.min(fraction.len()))
            .unwrap_or(fraction)
            .trim_end_matches('0');
        if whole == "0" && kept.is_empty() && !self.is_zero() {
            return match fraction_digits {
                0 => "<1".to_owned(),
                digits => format!("<0.{:0>digits$}", 1),
            };
        }
        let whole = with_separators(whole);
        if kept.is_empty() {
            whole
        } else {
            format!("{whole}.{kept}")
        }
    }

    /// An amount of wei in the chain's coin, exactly.
    #[must_use]
    pub fn to_coins(&self) -> String {
        self.to_units(COIN_DECIMALS)
    }

    /// An amount of wei in gwei, exactly.
    #[must_use]
    pub fn to_gwei(&self) -> String {
        self.to_units(GWEI_DECIMALS)
    }
}

fn with_separators(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Default for Amount {
    fn default() -> Self {
        Self::zero()
    }
}

impl From<u128> for Amount {
    fn from(number: u128) -> Self {
        Self(number.to_string())
    }
}

impl From<u64> for Amount {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidAmount);
        }
        let digits = text.trim_start_matches('0');
        match digits.len() {
            0 => Ok(Self::zero()),
            length if length <= DIGITS_MAX => Ok(Self(digits.to_owned())),
            _ => Err(InvalidAmount),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    /// By value: without leading zeros the longer number is the larger one.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_in_large_units() {
        for (digits, decimals, exact, short) in [
            ("0", 18, "0", "0"),
            ("1", 18, "0.000000000000000001", "<0.0001"),
            ("1500000", 6, "1.5", "1.5"),
            ("1234567890", 0, "1234567890", "1,234,567,890"),
            ("999999999", 6, "999.999999", "999.9999"),
            ("1000000000000000000000", 18, "1000", "1,000"),
        ] {
            let amount: Amount = digits.parse().unwrap();
            assert_eq!(amount.to_units(decimals), exact);
            assert_eq!(amount.to_short_units(decimals, 4), short);
        }
        assert_eq!(Amount::from(5_u64).to_short_units(1, 0), "<1");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "-1", "1.5", "0x10", " 1", &"9".repeat(79)] {
            assert_eq!(text.parse::<Amount>(), Err(InvalidAmount), "{text}");
        }
    }

    proptest! {
        #[test]
        fn order_and_text_are_those_of_the_number(left: u128, right: u128) {
            let (a, b) = (Amount::from(left), Amount::from(right));
            prop_assert_eq!(a.cmp(&b), left.cmp(&right));
            prop_assert_eq!(a.to_string().parse::<Amount>(), Ok(a));
        }

        #[test]
        fn large_units_read_back(number: u128, decimals in 0_u8..40) {
            let exact = Amount::from(number).to_units(decimals);
            let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
            let digits = format!("{whole}{fraction:0<width$}", width = usize::from(decimals));
            prop_assert_eq!(digits.parse::<Amount>(), Ok(Amount::from(number)));
        }
    }
}
