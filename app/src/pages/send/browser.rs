//! The same in the browser, where the wallets are.

use leptos::prelude::*;
use leptos::task::spawn_local;
use types::chain::{Network, TransactionRequest};
use types::explorer::TransactionHash;
use types::{ApiError, WalletAddress};
use zeroize::Zeroizing;

use super::{Attempt, Draft, Offer, Sender, Sending};
use crate::actions::error::{ActionError, ActionResult};
use crate::actions::explorer::machinery::{
    broadcast_transaction, prepare_transaction, read_network,
};
use crate::wallet::browser::last_wallet;
use crate::wallet::built_in::{signing, vault};
use crate::wallet::failure::WalletFailure;
use crate::wallet::found::{FoundWallets, WalletRef};
use crate::wallet::provider::{ProviderEvent, Providers};

/// The wallets of this page.
pub(super) struct Wallets {
    providers: Providers,
    found: FoundWallets,
}

pub(super) fn start(sender: Sender) {
    let providers = Providers::listen(move |event| on_event(sender, &event));
    sender.browser.set_value(Some(Wallets {
        providers: providers.clone(),
        found: FoundWallets::new(last_wallet()),
    }));
    offer(sender);
    providers.discover();
}

fn on_event(sender: Sender, event: &ProviderEvent) {
    sender.browser.try_update_value(|browser| {
        let Some(wallets) = browser else { return };
        match event {
            ProviderEvent::Announced(announcement) => wallets.found.announce(announcement),
            ProviderEvent::InjectedFound => wallets.found.find_injected(),
            _ => {}
        }
    });
    offer(sender);
}

/// Outside wallets first, then the keys of this browser.
fn offer(sender: Sender) {
    let outside = sender
        .browser
        .try_with_value(|browser| browser.as_ref().map(|wallets| wallets.found.offered()))
        .flatten()
        .unwrap_or_default();
    let keys = vault::addresses().into_iter().map(|address| Offer {
        wallet: WalletRef::BuiltIn(address),
        name: format!("Built-in wallet, {}", address.to_short()),
    });
    let offers: Vec<Offer> = outside
        .into_iter()
        .filter(|wallet| !wallet.is_ambiguous)
        .map(|wallet| Offer {
            wallet: wallet.reference,
            name: wallet.name,
        })
        .chain(keys)
        .collect();
    let is_new = sender
        .offers
        .try_with_untracked(|known| known.as_ref() != Some(&offers))
        .unwrap_or(false);
    if is_new {
        sender.offers.try_set(Some(offers));
    }
}

/// Why nothing was sent, as it is shown.
enum Refusal {
    Wallet(WalletFailure),
    Server(ApiError),
}

impl From<WalletFailure> for Refusal {
    fn from(failure: WalletFailure) -> Self {
        Self::Wallet(failure)
    }
}

impl From<ActionError> for Refusal {
    fn from(error: ActionError) -> Self {
        Self::Server(error.0)
    }
}

impl From<Refusal> for Sending {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wallet(failure) => Self::Failed {
                message: failure.message(),
                hint: failure.hint().to_owned(),
            },
            Refusal::Server(error) => Self::Failed {
                message: error.message,
                hint: error.hint.unwrap_or_default(),
            },
        }
    }
}

pub(super) fn send<Drafting>(sender: Sender, attempt: Attempt, draft: Drafting)
where
    Drafting: Future<Output = ActionResult<Draft>> + 'static,
{
    let Some(chosen) = untrack(|| sender.chosen()) else {
        return;
    };
    say(sender, attempt, "Preparing the transaction…");
    spawn_local(async move {
        let outcome = match send_with(sender, attempt, chosen.wallet, draft).await {
            Ok(hash) => Sending::Sent(hash),
            Err(refusal) => refusal.into(),
        };
        sender.current.try_set((attempt, outcome));
    });
}

async fn send_with<Drafting>(
    sender: Sender,
    attempt: Attempt,
    wallet: WalletRef,
    draft: Drafting,
) -> Result<TransactionHash, Refusal>
where
    Drafting: Future<Output = ActionResult<Draft>>,
{
    let draft = draft.await?;
    let network = read_network().await?;
    match wallet {
        WalletRef::BuiltIn(account) => send_built_in(sender, attempt, account, draft).await,
        wallet => send_outside(sender, attempt, &wallet, &network, &draft).await,
    }
}

async fn send_built_in(
    sender: Sender,
    attempt: Attempt,
    account: WalletAddress,
    draft: Draft,
) -> Result<TransactionHash, Refusal> {
    let prepared = prepare_transaction(TransactionRequest {
        from: account,
        to: draft.to,
        value: draft.value.clone(),
        data: draft.data.clone(),
    })
    .await?;
    // What is signed is what was asked for, whatever the server answers.
    let is_as_asked = prepared.request.to == draft.to
        && prepared.request.value == draft.value
        && prepared.request.data == draft.data;
    if !is_as_asked {
        let failure = WalletFailure::Other("the site prepared another transaction".to_owned());
        return Err(failure.into());
    }
    let passphrase = Zeroizing::new(
        sender
            .passphrase
            .try_update_untracked(std::mem::take)
            .unwrap_or_default(),
    );
    let on_progress = move |permille| {
        sender
            .current
            .try_set((attempt, Sending::Unlocking(permille)));
    };
    on_progress(0);
    let signed =
        signing::sign_prepared(account, passphrase.as_bytes(), &prepared, on_progress).await;
    sender.passphrase.try_set(String::new());
    say(sender, attempt, "Sending…");
    Ok(broadcast_transaction(signed?).await?)
}

async fn send_outside(
    sender: Sender,
    attempt: Attempt,
    wallet: &WalletRef,
    network: &Network,
    draft: &Draft,
) -> Result<TransactionHash, Refusal> {
    let providers = providers(sender)?;
    say(sender, attempt, "Your wallet asks whether to connect…");
    let (accounts, chain_id) = providers.connect(wallet).await?;
    let account = accounts.first().copied().ok_or(WalletFailure::NoAccount)?;
    if chain_id != network.chain_id {
        switch(sender, attempt, &providers, wallet, network).await?;
    }
    say(sender, attempt, "Confirm the transaction in your wallet…");
    Ok(providers.send_transaction(wallet, account, draft).await?)
}

async fn switch(
    sender: Sender,
    attempt: Attempt,
    providers: &Providers,
    wallet: &WalletRef,
    network: &Network,
) -> Result<(), WalletFailure> {
    let asked = format!("Your wallet asks whether to switch to {}…", network.name);
    say(sender, attempt, asked);
    match providers.switch_chain(wallet, network.chain_id).await {
        // Some wallets say in their own words that they do not know a chain.
        Err(WalletFailure::UnknownChain | WalletFailure::Other(_)) => {
            providers.add_network(wallet, network).await
        }
        answer => answer,
    }
}

pub(super) fn add_network(sender: Sender, attempt: Attempt) {
    let Some(chosen) = untrack(|| sender.chosen()) else {
        return;
    };
    say(
        sender,
        attempt,
        "Your wallet asks whether to add the network…",
    );
    spawn_local(async move {
        let added = async {
            let network = read_network().await?;
            providers(sender)?
                .add_network(&chosen.wallet, &network)
                .await?;
            Ok::<_, Refusal>(format!("{} is in your wallet", network.name))
        };
        let outcome = match added.await {
            Ok(said) => Sending::Done(said),
            Err(refusal) => refusal.into(),
        };
        sender.current.try_set((attempt, outcome));
    });
}

fn providers(sender: Sender) -> Result<Providers, WalletFailure> {
    sender
        .browser
        .try_with_value(|browser| browser.as_ref().map(|wallets| wallets.providers.clone()))
        .flatten()
        .ok_or(WalletFailure::Gone)
}

fn say(sender: Sender, attempt: Attempt, what: impl Into<String>) {
    sender
        .current
        .try_set((attempt, Sending::Working(what.into())));
}
