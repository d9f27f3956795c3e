//! Runs a [`SignInFlow`]: keeps it in a signal, carries out its effects, and feeds it what wallets,
//! the server and the clock say. On the server it only holds the first state.

use leptos::prelude::*;
use types::Timestamp;
use types::sign_in::ProofPurpose;
use zeroize::Zeroizing;

use super::chain::AcceptedChains;
use super::flow::{Action, Event, SignInFlow};
use super::found::FoundWallets;

/// A sign-in under way. Cheap to copy; ends with the component that made it.
#[derive(Clone, Copy)]
pub struct SignInDriver {
    flow: RwSignal<SignInFlow>,
    /// Thousandths of the derivation that opens a built-in key, while one is under way.
    unlocking: RwSignal<Option<u16>>,
    #[cfg_attr(
        not(feature = "hydrate"),
        allow(dead_code, reason = "used by the effects in the browser")
    )]
    purpose: ProofPurpose,
    /// What was typed to open the built-in key: taken, not copied, by the signing.
    passphrase: StoredValue<Zeroizing<String>>,
    #[cfg(feature = "hydrate")]
    browser: StoredValue<Option<effects::Browser>, LocalStorage>,
}

impl SignInDriver {
    /// A flow in its first state, the same on the server and in the browser.
    #[must_use]
    pub fn new(chains: AcceptedChains, purpose: ProofPurpose) -> Self {
        Self {
            flow: RwSignal::new(SignInFlow::new(
                chains,
                FoundWallets::default(),
                Timestamp(0),
            )),
            unlocking: RwSignal::new(None),
            purpose,
            passphrase: StoredValue::new(Zeroizing::default()),
            #[cfg(feature = "hydrate")]
            browser: StoredValue::new_local(None),
        }
    }

    #[must_use]
    pub fn flow(self) -> Signal<SignInFlow> {
        self.flow.into()
    }

    /// Thousandths done of opening a built-in key.
    #[must_use]
    pub fn unlocking(self) -> Signal<Option<u16>> {
        self.unlocking.into()
    }

    /// Begins to look for wallets, once the page is alive in the browser.
    pub fn start(self) {
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| effects::start(self));
    }

    /// A person's decision.
    pub fn act(self, action: Action) {
        self.dispatch(Event::Act(action));
    }

    /// Signs with the built-in wallet.
    pub fn sign_with_passphrase(self, passphrase: Zeroizing<String>) {
        self.passphrase.set_value(passphrase);
        self.act(Action::Sign);
    }

    #[cfg(not(feature = "hydrate"))]
    fn dispatch(self, event: Event) {
        self.flow
            .update(|flow| drop(flow.apply(event, Timestamp(0))));
    }

    #[cfg(feature = "hydrate")]
    fn dispatch(self, event: Event) {
        effects::dispatch(self, event);
    }
}

#[cfg(feature = "hydrate")]
mod effects;
