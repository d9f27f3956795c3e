//! Where key files are: one item each in the browser's storage for this site, so that two tabs
//! never overwrite each other's.

use types::WalletAddress;
use web_sys::Storage;

use super::keystore::Keystore;
use crate::wallet::browser::storage;

const ITEM_PREFIX: &str = "ledgercloud.key.";

/// The key could not be kept or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VaultError {
    #[error(
        "this browser does not let the site keep anything: leave private mode, or allow site data"
    )]
    NoStorage,
    #[error("this browser's storage for the site is full")]
    Full,
    #[error("the file does not say whose key it is")]
    NoAddress,
}

/// The addresses of the keys that are kept, in their order.
pub(crate) fn addresses() -> Vec<WalletAddress> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let count = storage.length().unwrap_or(0);
    let mut addresses: Vec<WalletAddress> = (0..count)
        .filter_map(|index| address_of(&storage.key(index).ok()??))
        .collect();
    addresses.sort_unstable();
    addresses
}

/// The key's file.
pub(crate) fn load(address: WalletAddress) -> Option<Keystore> {
    let text = storage()?.get_item(&item(address)).ok()??;
    Keystore::parse(&text).ok()
}

/// Keeps the key's file, in place of an earlier one of the same address.
pub(crate) fn save(keystore: &Keystore) -> Result<WalletAddress, VaultError> {
    let address = keystore.address.ok_or(VaultError::NoAddress)?;
    open()?
        .set_item(&item(address), &keystore.to_json())
        .map_err(|_| VaultError::Full)?;
    Ok(address)
}

pub(crate) fn remove(address: WalletAddress) -> Result<(), VaultError> {
    open()?
        .remove_item(&item(address))
        .map_err(|_| VaultError::NoStorage)
}

fn open() -> Result<Storage, VaultError> {
    storage().ok_or(VaultError::NoStorage)
}

fn item(address: WalletAddress) -> String {
    format!("{ITEM_PREFIX}{}", address.to_lower_hex())
}

fn address_of(item: &str) -> Option<WalletAddress> {
    item.strip_prefix(ITEM_PREFIX)?.parse().ok()
}
