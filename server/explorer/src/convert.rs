//! Between the types of Ethereum libraries and those that pages share.

use alloy_primitives::{Address, B256, U256};
use types::WalletAddress;
use types::explorer::{Amount, TransactionHash};

pub(crate) fn amount(number: U256) -> Amount {
    // A 256-bit number has at most 78 digits, which is what an amount may have.
    number.to_string().parse().unwrap_or_default()
}

pub(crate) fn wallet(address: Address) -> WalletAddress {
    WalletAddress(address.into_array())
}

pub(crate) fn address(address: WalletAddress) -> Address {
    Address::from(address.0)
}

pub(crate) fn transaction_hash(hash: B256) -> TransactionHash {
    TransactionHash(hash.0)
}
