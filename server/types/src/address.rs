//! Ethereum account addresses with the mixed-case checksum of EIP-55.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha3::{Digest, Keccak256};

/// A 20-byte Ethereum address. Its identity is the bytes; it is shown with the EIP-55 checksum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletAddress(pub [u8; 20]);

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Shape,
    /// Mixed case that does not match EIP-55: most likely a typing error.
    #[error(
        "the upper- and lower-case letters do not match the address's checksum (EIP-55); copy it again"
    )]
    Checksum,
}

impl WalletAddress {
    /// `0x` and 40 lower-case digits: the form used in names, URLs and the database.
    #[must_use]
    pub fn to_lower_hex(&self) -> String {
        format!("0x{}", hex::encode(self.0))
    }

    /// The form with the checksum of EIP-55.
    #[must_use]
    pub fn to_checksum(&self) -> String {
        let lower = hex::encode(self.0);
        let hash = Keccak256::digest(lower.as_bytes());
        let mut text = String::with_capacity(42);
        text.push_str("0x");
        for (index, digit) in lower.chars().enumerate() {
            let byte = hash[index / 2];
            let nibble = if index % 2 == 0 {
                byte >> 4
            } else {
                byte & 0x0f
            };
            text.push(if nibble >= 8 {
                digit.to_ascii_uppercase()
            } else {
                digit
            });
        }
        text
    }

    /// First six and last four characters, for dense tables: `0x1234…abcd`.
    #[must_use]
    pub fn to_short(&self) -> String {
        let text = self.to_checksum();
        format!("{}…{}", &text[..6], &text[38..])
    }
}

impl FromStr for WalletAddress {
    type Err = InvalidAddress;

    /// Accepts one-case addresses as they are and mixed case only with a right checksum.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let digits = text.strip_prefix("0x").ok_or(InvalidAddress::Shape)?;
        if digits.len() != 40 {
            return Err(InvalidAddress::Shape);
        }
        let mut bytes = [0_u8; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| InvalidAddress::Shape)?;
        let address = Self(bytes);
        let has_lower = digits.bytes().any(|byte| byte.is_ascii_lowercase());
        let has_upper = digits.bytes().any(|byte| byte.is_ascii_uppercase());
        if has_lower && has_upper && address.to_checksum() != text {
            return Err(InvalidAddress::Checksum);
        }
        Ok(address)
    }
}

impl fmt::Display for WalletAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_checksum())
    }
}

impl fmt::Debug for WalletAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_checksum())
    }
}

impl Serialize for WalletAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WalletAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The vectors of EIP-55.
    #[test]
    fn checksums_of_the_standard() {
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let address: WalletAddress = text.parse().unwrap();
            assert_eq!(address.to_checksum(), text);
        }
    }

    #[test]
    fn a_wrong_checksum_is_named() {
        assert_eq!(
            "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse::<WalletAddress>(),
            Err(InvalidAddress::Checksum)
        );
        for text in ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xzz"] {
            assert_eq!(
                text.parse::<WalletAddress>(),
                Err(InvalidAddress::Shape),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_form_reads_back(bytes: [u8; 20]) {
            let address = WalletAddress(bytes);
            prop_assert_eq!(address.to_checksum().parse(), Ok(address));
            prop_assert_eq!(address.to_lower_hex().parse(), Ok(address));
        }
    }
}
