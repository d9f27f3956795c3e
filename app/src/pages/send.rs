//! Sending a transaction from a page: which wallet, what it is doing, and what became of it.
//!
//! One [`Sender`] serves a page; each button is an attempt of its own, and only the last one
//! shows how it goes.

#[cfg(feature = "hydrate")]
mod browser;
mod note;
mod wallet_choice;

use leptos::prelude::*;
use types::explorer::{Amount, TransactionHash};
use types::{ApiError, ErrorCode, WalletAddress};

pub(crate) use note::SendNote;
#[cfg(all(test, feature = "ssr"))]
pub(crate) use note::sent_view;
pub(crate) use wallet_choice::WalletChoice;

use crate::actions::error::ActionResult;
use crate::ui::{Button, ButtonVariant, IconName};
use crate::wallet::found::WalletRef;
pub(crate) use crate::wallet::transaction::Draft;

/// A wallet that can send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) wallet: WalletRef,
    pub(crate) name: String,
}

/// How far a transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "nothing is sent on the server")
)]
pub(crate) enum Sending {
    Idle,
    /// What the wallet or the site is doing.
    Working(String),
    /// The built-in wallet's key is being opened: thousandths done.
    Unlocking(u16),
    Sent(TransactionHash),
    /// The wallet knows the network, or did what else was asked.
    Done(String),
    Failed {
        message: String,
        hint: String,
    },
}

/// The number of a button's place on its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt(u32);

/// Cheap to copy; lives as long as the component that made it.
#[derive(Clone, Copy)]
pub(crate) struct Sender {
    /// None until the browser was asked.
    offers: RwSignal<Option<Vec<Offer>>>,
    /// Place of the chosen one among the offers.
    chosen: RwSignal<String>,
    /// What opens the built-in wallet's key; taken by the signing.
    passphrase: RwSignal<String>,
    current: RwSignal<(Attempt, Sending)>,
    attempts: StoredValue<u32>,
    #[cfg(feature = "hydrate")]
    browser: StoredValue<Option<browser::Wallets>, LocalStorage>,
}

impl Sender {
    pub(crate) fn new() -> Self {
        Self {
            offers: RwSignal::new(None),
            chosen: RwSignal::new("0".to_owned()),
            passphrase: RwSignal::new(String::new()),
            current: RwSignal::new((Attempt(0), Sending::Idle)),
            attempts: StoredValue::new(0),
            #[cfg(feature = "hydrate")]
            browser: StoredValue::new_local(None),
        }
    }

    /// Looks for wallets, once the page is alive in the browser.
    pub(crate) fn start(self) {
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| browser::start(self));
    }

    /// A number for one more button.
    pub(crate) fn new_attempt(self) -> Attempt {
        self.attempts
            .try_update_value(|count| {
                *count += 1;
                Attempt(*count)
            })
            .unwrap_or(Attempt(0))
    }

    /// The wallet that is chosen.
    fn chosen(self) -> Option<Offer> {
        let place: usize = self.chosen.with(|place| place.parse().unwrap_or(0));
        self.offers.with(|offers| {
            offers
                .as_ref()
                .and_then(|offers| offers.get(place).cloned())
        })
    }

    fn state_of(self, attempt: Attempt) -> Sending {
        self.current
            .with(|(current, state)| match *current == attempt {
                true => state.clone(),
                false => Sending::Idle,
            })
    }

    fn is_busy(self) -> bool {
        self.current
            .with(|(_, state)| matches!(state, Sending::Working(_) | Sending::Unlocking(_)))
    }

    /// The account whose key this browser keeps, if it is the chosen wallet.
    fn chosen_key(self) -> Option<WalletAddress> {
        match self.chosen()?.wallet {
            WalletRef::BuiltIn(account) => Some(account),
            _ => None,
        }
    }

    /// Whether the chosen wallet is an outside one, which can be told of networks.
    pub(crate) fn has_outside_wallet(self) -> bool {
        self.chosen().is_some() && self.chosen_key().is_none()
    }

    /// Tells the chosen wallet of this site's chain (EIP-3085).
    pub(crate) fn add_network(self, attempt: Attempt) {
        #[cfg(feature = "hydrate")]
        browser::add_network(self, attempt);
        #[cfg(not(feature = "hydrate"))]
        let _ = attempt;
    }

    /// Has the chosen wallet send what `draft` comes to.
    fn send<Drafting>(self, attempt: Attempt, draft: Drafting)
    where
        Drafting: Future<Output = ActionResult<Draft>> + 'static,
    {
        #[cfg(feature = "hydrate")]
        browser::send(self, attempt, draft);
        #[cfg(not(feature = "hydrate"))]
        drop((attempt, draft));
    }
}

/// A button that has the chosen wallet send. Hidden without JavaScript.
#[component]
pub(crate) fn SendButton<D, Drafting>(
    sender: Sender,
    attempt: Attempt,
    /// What to send, by the form's present state.
    draft: D,
    #[prop(into)] label: String,
) -> impl IntoView
where
    D: Fn() -> Drafting + Send + Sync + 'static,
    Drafting: Future<Output = ActionResult<Draft>> + 'static,
{
    let is_own = move || sender.state_of(attempt) != Sending::Idle;
    let loading = Signal::derive(move || sender.is_busy() && is_own());
    let disabled = Signal::derive(move || sender.chosen().is_none() || sender.is_busy());
    view! {
        <span class="needs-script">
            <Button
                variant=ButtonVariant::Primary
                icon=IconName::Wallet
                loading
                disabled
                on:click=move |_| sender.send(attempt, draft())
            >
                {label}
            </Button>
        </span>
    }
}

/// Reads an amount of the chain's coin as typed.
///
/// # Errors
/// `bad_request` with the field `value`.
pub(crate) fn parse_coins(text: &str) -> ActionResult<Amount> {
    crate::wallet::transaction::parse_coins(text).ok_or_else(|| {
        ApiError::new(
            ErrorCode::BadRequest,
            "The value is a number such as 0.25, with at most 18 digits after the point.",
        )
        .with_field("value")
        .into()
    })
}
