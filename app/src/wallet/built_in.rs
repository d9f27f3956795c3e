//! The built-in wallet: keys that this browser makes and keeps, each locked by a passphrase in a
//! file of the Web3 Secret Storage format.
//!
//! A key is in memory only while it signs or is written to its file. It signs texts, for a sign-in,
//! and transactions on this site's own chain, which the server prepares and sends.

pub mod derivation;
#[cfg(feature = "hydrate")]
mod entropy;
pub mod keystore;
pub mod passphrase;
pub mod secret_key;
#[cfg(feature = "hydrate")]
pub(crate) mod signing;
pub mod transaction;
#[cfg(feature = "hydrate")]
pub(crate) mod vault;
