//! Wallets: those that the browser brings (EIP-6963, EIP-1193), and one built into this site for
//! people who have none.
//!
//! Invariants:
//! - A wallet is asked only after the person's click, and for one thing at a time.
//! - What is signed is the server's message, byte for byte; keys and passphrases of the built-in
//!   wallet never leave the browser.
//! - Text and pictures of wallets are hints from outside: bounded, shown as text and in `<img>`.
//!
//! The rules ([`flow`], [`found`], [`built_in`]) are pure and tested natively; what touches the
//! browser is compiled for the browser only.

#[cfg(feature = "hydrate")]
pub(crate) mod browser;
pub mod built_in;
pub mod chain;
pub mod driver;
pub mod failure;
pub mod flow;
pub mod found;
#[cfg(feature = "hydrate")]
pub(crate) mod provider;
pub mod transaction;
pub mod watcher;

pub use watcher::WalletWatcher;
