//! Hashes and byte strings as Ethereum writes them: `0x` and hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not `0x` and as many hexadecimal digits as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 0x and an even number of hexadecimal digits (64 for a hash)")]
pub struct InvalidHex;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// First eight and last six digits, for dense tables: `0x12345678…abcdef`.
            #[must_use]
            pub fn to_short(&self) -> String {
                let digits = hex::encode(self.0);
                format!("0x{}…{}", &digits[..8], &digits[58..])
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;

            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                let digits = text.strip_prefix("0x").ok_or(InvalidHex)?;
                let mut bytes = [0_u8; 32];
                hex::decode_to_slice(digits, &mut bytes).map_err(|_| InvalidHex)?;
                Ok(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "0x{}", hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

words! {
    /// The Keccak-256 hash of a block's header.
    BlockHash;
    /// The Keccak-256 hash of a signed transaction (EIP-2718).
    TransactionHash;
    /// 32 bytes of another meaning: a root, a topic, a storage slot or its value, a hash of code.
    Word;
}

/// Bytes of any length: call data, code, extra data, a raw transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HexBytes(pub Vec<u8>);

impl FromStr for HexBytes {
    type Err = InvalidHex;

    fn from_str(text: &str) -> Result<Self, InvalidHex> {
        let digits = text.strip_prefix("0x").ok_or(InvalidHex)?;
        hex::decode(digits).map(Self).map_err(|_| InvalidHex)
    }
}

impl fmt::Display for HexBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{}", hex::encode(&self.0))
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HexBytes {
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
    fn only_whole_hashes_are_hashes() {
        for text in [
            "",
            "0x",
            "0x12",
            &"1".repeat(66),
            &format!("0x{}", "g".repeat(64)),
        ] {
            assert_eq!(text.parse::<BlockHash>(), Err(InvalidHex), "{text}");
        }
        assert_eq!("0x123".parse::<HexBytes>(), Err(InvalidHex));
        assert_eq!("0x".parse(), Ok(HexBytes::default()));
    }

    proptest! {
        #[test]
        fn hashes_and_bytes_read_back(word: [u8; 32], bytes: Vec<u8>) {
            let hash = TransactionHash(word);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
            let json = serde_json::to_string(&HexBytes(bytes.clone())).unwrap();
            prop_assert_eq!(serde_json::from_str::<HexBytes>(&json).unwrap(), HexBytes(bytes));
        }
    }
}
