//! The keys in this browser and the work on them. On the server nothing is known and nothing done.

use leptos::prelude::*;
use types::WalletAddress;
use zeroize::Zeroizing;

use crate::wallet::built_in::passphrase::NewPassphrase;

/// What is being done to the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "nothing is done on the server")
)]
pub(super) enum Work {
    Idle,
    /// `permille` stays 0 when the browser does the work and does not say how far it is.
    Busy {
        what: &'static str,
        permille: u16,
    },
    Done(String),
    Failed(String),
}

/// Cheap to copy; lives as long as the page's section.
#[derive(Clone, Copy)]
pub(super) struct KeyRing {
    /// `None` until the browser has been asked.
    keys: RwSignal<Option<Vec<WalletAddress>>>,
    work: RwSignal<Work>,
}

impl KeyRing {
    pub(super) fn new() -> Self {
        Self {
            keys: RwSignal::new(None),
            work: RwSignal::new(Work::Idle),
        }
    }

    pub(super) fn keys(self) -> Signal<Option<Vec<WalletAddress>>> {
        self.keys.into()
    }

    pub(super) fn work(self) -> Signal<Work> {
        self.work.into()
    }

    pub(super) fn is_busy(self) -> Signal<bool> {
        Signal::derive(move || matches!(self.work.get(), Work::Busy { .. }))
    }

    /// Reads the keys once the page is alive.
    pub(super) fn start(self) {
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| browser::read(self));
    }

    /// Makes a key.
    pub(super) fn create(self, passphrase: NewPassphrase) {
        #[cfg(feature = "hydrate")]
        browser::create(self, passphrase);
        #[cfg(not(feature = "hydrate"))]
        drop(passphrase);
    }

    /// Takes in the text of a key file.
    pub(super) fn import(self, text: String, passphrase: Zeroizing<String>) {
        #[cfg(feature = "hydrate")]
        browser::import(self, text, passphrase);
        #[cfg(not(feature = "hydrate"))]
        drop((text, passphrase));
    }

    /// Saves the key's file to the person's computer.
    pub(super) fn export(self, address: WalletAddress) {
        #[cfg(feature = "hydrate")]
        browser::export(self, address);
        #[cfg(not(feature = "hydrate"))]
        let _ = address;
    }

    /// Deletes the key from this browser.
    pub(super) fn remove(self, address: WalletAddress) {
        #[cfg(feature = "hydrate")]
        browser::remove(self, address);
        #[cfg(not(feature = "hydrate"))]
        let _ = address;
    }
}

#[cfg(feature = "hydrate")]
mod browser;
