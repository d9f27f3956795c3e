//! What a wallet is asked to send, and numbers as the Ethereum standards write them.

use types::WalletAddress;
use types::explorer::{Amount, HexBytes};

/// A transaction before a wallet has seen it. The wallet chooses nonce, gas and fees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// None creates a contract.
    pub to: Option<WalletAddress>,
    /// In wei.
    pub value: Amount,
    pub data: HexBytes,
}

/// Bytes of the largest number of the EVM.
const WORD_LENGTH: usize = 32;
/// Decimals of the chain's coin.
const COIN_DECIMALS: usize = 18;

/// The number as big-endian bytes without leading zeros, none for zero: the form of RLP (yellow
/// paper, appendix B). `None` above 256 bits.
#[must_use]
pub fn big_endian(amount: &Amount) -> Option<Vec<u8>> {
    // Little-endian while it grows: the number so far, times ten, plus the next digit.
    let mut bytes: Vec<u8> = Vec::with_capacity(WORD_LENGTH);
    for digit in amount.as_str().bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut bytes {
            let [low, high] = (u16::from(*byte) * 10 + carry).to_le_bytes();
            *byte = low;
            carry = u16::from(high);
        }
        // At most 9: ten times the highest byte and the carry below it stay under ten bytes.
        if let [low, _] = carry.to_le_bytes()
            && low > 0
        {
            bytes.push(low);
        }
    }
    bytes.reverse();
    (bytes.len() <= WORD_LENGTH).then_some(bytes)
}

/// As JSON-RPC writes quantities: `0x0`, `0x4d2`. `None` above 256 bits.
#[must_use]
pub fn to_quantity(amount: &Amount) -> Option<String> {
    let digits = hex::encode(big_endian(amount)?);
    Some(match digits.trim_start_matches('0') {
        "" => "0x0".to_owned(),
        digits => format!("0x{digits}"),
    })
}

/// Reads an amount of the chain's coin as people type it, `1.5`, as wei. `None` for anything but
/// digits with at most one point and 18 decimals.
#[must_use]
pub fn parse_coins(text: &str) -> Option<Amount> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > COIN_DECIMALS {
        return None;
    }
    let amount: Amount = format!("{whole}{fraction:0<COIN_DECIMALS$}").parse().ok()?;
    big_endian(&amount).map(|_| amount)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_the_standards() {
        for (digits, quantity, length) in [
            ("0", "0x0", 0),
            ("1", "0x1", 1),
            ("256", "0x100", 2),
            ("1234", "0x4d2", 2),
        ] {
            let amount: Amount = digits.parse().unwrap();
            assert_eq!(to_quantity(&amount).as_deref(), Some(quantity));
            assert_eq!(big_endian(&amount).map(|bytes| bytes.len()), Some(length));
        }
        let largest =
            "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        let beyond =
            "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        assert_eq!(big_endian(&largest.parse().unwrap()), Some(vec![0xff; 32]));
        assert_eq!(big_endian(&beyond.parse().unwrap()), None);
    }

    #[test]
    fn coins_as_people_type_them() {
        for (text, wei) in [
            ("1", Some("1000000000000000000")),
            (" 0.5 ", Some("500000000000000000")),
            (".5", Some("500000000000000000")),
            ("0.000000000000000001", Some("1")),
            ("0", Some("0")),
            ("0.0000000000000000001", None),
            ("", None),
            (".", None),
            ("1,5", None),
            ("-1", None),
            ("1e18", None),
            ("1.2.3", None),
        ] {
            let amount = parse_coins(text);
            assert_eq!(amount.as_ref().map(Amount::as_str), wei, "{text}");
        }
    }

    proptest! {
        #[test]
        fn bytes_and_quantities_are_those_of_the_number(number: u128) {
            let amount = Amount::from(number);
            let bytes = big_endian(&amount).unwrap();
            let zeros = 16 - bytes.len();
            prop_assert_eq!(bytes.as_slice(), &number.to_be_bytes()[zeros..]);
            prop_assert_eq!(to_quantity(&amount), Some(format!("{number:#x}")));
        }

        #[test]
        fn coins_read_back(number: u128) {
            let amount = Amount::from(number);
            prop_assert_eq!(parse_coins(&amount.to_coins()), Some(amount));
        }
    }
}
