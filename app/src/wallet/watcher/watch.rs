//! The watcher's eyes: the accounts that the wallet of this session shares.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use types::{ErrorCode, WalletAddress};

use super::shown_instead;
use crate::actions::sign_in::is_own_wallet;
use crate::wallet::browser::last_wallet;
use crate::wallet::found::{BUILT_IN_NAME, INJECTED_NAME, WalletRef};
use crate::wallet::provider::{ProviderEvent, Providers};

/// Keeps `current` at the account that the wallet shows in place of the `watched` one.
pub(super) fn follow(
    watched: Memo<Option<WalletAddress>>,
    current: RwSignal<Option<WalletAddress>>,
) {
    let held = StoredValue::new_local(None::<Providers>);
    Effect::new(move |_| {
        current.set(None);
        held.set_value(None);
        let Some(session) = watched.get() else { return };
        // A session of the built-in wallet, or one opened elsewhere, has no wallet to look at.
        let Some(name) = last_wallet().filter(|name| name != BUILT_IN_NAME) else {
            return;
        };
        let watch = Watch {
            session,
            name,
            current,
            latest: Rc::new(Cell::new(0)),
        };
        let providers = Providers::listen(move |event| {
            if let Some(providers) = held.try_with_value(Clone::clone).flatten() {
                watch.on_event(&providers, event);
            }
        });
        held.set_value(Some(providers.clone()));
        providers.discover();
    });
}

#[derive(Clone)]
struct Watch {
    session: WalletAddress,
    /// Reverse domain name of the wallet that opened the session.
    name: String,
    current: RwSignal<Option<WalletAddress>>,
    /// Number of the newest list of accounts: what is found out about older ones counts no more.
    latest: Rc<Cell<u32>>,
}

impl Watch {
    fn on_event(&self, providers: &Providers, event: ProviderEvent) {
        match event {
            ProviderEvent::Announced(announcement) if announcement.rdns == self.name => {
                self.watch(
                    providers,
                    WalletRef::Announced(announcement.uuid.trim().to_owned()),
                );
            }
            ProviderEvent::InjectedFound if self.name == INJECTED_NAME => {
                self.watch(providers, WalletRef::Injected);
            }
            ProviderEvent::AccountsChanged { accounts, .. } => self.compare(&accounts),
            _ => {}
        }
    }

    fn watch(&self, providers: &Providers, wallet: WalletRef) {
        providers.follow(&wallet);
        let (watch, providers) = (self.clone(), providers.clone());
        spawn_local(async move {
            // A wallet that does not answer shows nothing that could differ.
            if let Ok(accounts) = providers.shared_accounts(&wallet).await {
                watch.compare(&accounts);
            }
        });
    }

    fn compare(&self, accounts: &[WalletAddress]) {
        self.latest.set(self.latest.get().wrapping_add(1));
        let Some(other) = shown_instead(self.session, accounts) else {
            self.current.try_set(None);
            return;
        };
        let (watch, number) = (self.clone(), self.latest.get());
        spawn_local(async move {
            let belongs_to_session = match is_own_wallet(other).await {
                Ok(is_own) => is_own,
                // Nobody is signed in any more: nothing is used for the wrong account.
                Err(error) => error.code == ErrorCode::SignInRequired,
            };
            if watch.latest.get() == number {
                watch
                    .current
                    .try_set((!belongs_to_session).then_some(other));
            }
        });
    }
}
