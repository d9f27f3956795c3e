//! The list of state keys that one block changed, as bytes.

use crate::error::StoreError;
use crate::store::tables::{AccountKey, SlotKey};

/// Accounts and slots that a block changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedKeys {
    pub accounts: Vec<AccountKey>,
    pub slots: Vec<SlotKey>,
}

impl ChangedKeys {
    /// Number of accounts (4 bytes, big endian) ‖ accounts ‖ slots.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.accounts.len() * 32 + self.slots.len() * 64);
        let count = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend(self.accounts.iter().flatten());
        bytes.extend(self.slots.iter().flatten());
        bytes
    }

    /// Reads what [`ChangedKeys::encode`] wrote.
    ///
    /// # Errors
    /// The length does not fit.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("the list of keys that a block changed".to_owned());
        let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let accounts_bytes = u32::from_be_bytes(*count) as usize * 32;
        if rest.len() < accounts_bytes || !(rest.len() - accounts_bytes).is_multiple_of(64) {
            return Err(damaged());
        }
        let (accounts, slots) = rest.split_at(accounts_bytes);
        Ok(Self {
            accounts: accounts.as_chunks::<32>().0.to_vec(),
            slots: slots.as_chunks::<64>().0.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(
            accounts in prop::collection::vec(prop::array::uniform32(any::<u8>()), 0..5),
            slots in prop::collection::vec(prop::collection::vec(any::<u8>(), 64), 0..5),
        ) {
            let slots = slots.into_iter().map(|slot| slot.try_into().unwrap()).collect();
            let keys = ChangedKeys { accounts, slots };
            let bytes = keys.encode();
            prop_assert_eq!(ChangedKeys::decode(&bytes).unwrap(), keys);
            prop_assert!(ChangedKeys::decode(&bytes[..bytes.len() - 1]).is_err());
        }
    }
}
