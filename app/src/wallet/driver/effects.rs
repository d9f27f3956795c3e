//! The effects of a sign-in, carried out in the browser.

use leptos::prelude::*;
use leptos::task::spawn_local;
use types::sign_in::{ProofPurpose, WalletProof};
use types::{Timestamp, WalletAddress};

use super::SignInDriver;
use crate::actions::sign_in::{begin_wallet_proof, finish_wallet_proof};
use crate::wallet::browser;
use crate::wallet::built_in::signing;
use crate::wallet::failure::WalletFailure;
use crate::wallet::flow::{Answer, Attempt, Effect, Event, SignInFlow};
use crate::wallet::found::{BUILT_IN_NAME, FoundWallets, WalletRef};
use crate::wallet::provider::{ProviderEvent, Providers};

/// What belongs to the browser of a running sign-in.
pub(super) struct Browser {
    providers: Providers,
    /// The deadline that a timer is set for.
    armed: Option<Timestamp>,
}

pub(super) fn start(driver: SignInDriver) {
    let providers = Providers::listen(move |event| on_provider_event(driver, event));
    driver.browser.set_value(Some(Browser {
        providers,
        armed: None,
    }));
    driver.flow.update(|flow| {
        *flow = SignInFlow::new(
            flow.chains().clone(),
            FoundWallets::new(browser::last_wallet()),
            browser::now(),
        );
    });
    arm(driver);
    run(driver, Effect::Discover);
}

fn on_provider_event(driver: SignInDriver, event: ProviderEvent) {
    let event = match event {
        ProviderEvent::Announced(announcement) => Event::Announced(announcement),
        ProviderEvent::InjectedFound => Event::InjectedFound,
        ProviderEvent::AccountsChanged { wallet, accounts } => {
            Event::AccountsChanged { wallet, accounts }
        }
        ProviderEvent::ChainChanged { wallet, chain_id } => {
            Event::ChainChanged { wallet, chain_id }
        }
        ProviderEvent::Disconnected { wallet } => Event::Disconnected { wallet },
    };
    dispatch(driver, event);
}

pub(super) fn dispatch(driver: SignInDriver, event: Event) {
    // `None` when the page is gone; then nothing is left to do.
    let Some(effects) = driver
        .flow
        .try_update(|flow| flow.apply(event, browser::now()))
    else {
        return;
    };
    arm(driver);
    for effect in effects {
        run(driver, effect);
    }
}

/// Sets a timer for the flow's deadline. Timers of earlier deadlines still ring; the flow ignores
/// a tick that comes too early.
fn arm(driver: SignInDriver) {
    let deadline = driver
        .flow
        .try_with_untracked(SignInFlow::deadline)
        .flatten();
    let is_new = driver
        .browser
        .try_update_value(|browser| match browser {
            Some(browser) if browser.armed != deadline => {
                browser.armed = deadline;
                true
            }
            _ => false,
        })
        .unwrap_or(false);
    if let Some(deadline) = deadline.filter(|_| is_new) {
        browser::at(deadline, move || dispatch(driver, Event::Tick));
    }
}

fn run(driver: SignInDriver, effect: Effect) {
    match effect {
        Effect::Discover => {
            if let Some(providers) = providers(driver) {
                providers.discover();
            }
        }
        Effect::GoTo { path } => browser::go_to(&path),
        Effect::Reload => browser::reload(),
        Effect::Connect { attempt, wallet } => {
            ask_wallet(driver, attempt, move |providers| async move {
                providers.follow(&wallet);
                let (accounts, chain_id) = providers.connect(&wallet).await?;
                Ok(Answer::Connected { accounts, chain_id })
            });
        }
        Effect::SwitchChain {
            attempt,
            wallet,
            chain_id,
        } => {
            ask_wallet(driver, attempt, move |providers| async move {
                providers.switch_chain(&wallet, chain_id).await?;
                Ok(Answer::ChainSwitched)
            });
        }
        Effect::AddChain {
            attempt,
            wallet,
            chain_id,
        } => {
            ask_wallet(driver, attempt, move |providers| async move {
                providers.add_chain(&wallet, chain_id).await?;
                Ok(Answer::ChainSwitched)
            });
        }
        Effect::Sign {
            attempt,
            wallet: WalletRef::BuiltIn(account),
            message,
            ..
        } => {
            sign_with_built_in(driver, attempt, account, message);
        }
        Effect::Sign {
            attempt,
            wallet,
            account,
            message,
        } => {
            remember(driver, &wallet);
            ask_wallet(driver, attempt, move |providers| async move {
                let signature = providers.personal_sign(&wallet, account, &message).await?;
                Ok(Answer::Signed { signature })
            });
        }
        Effect::BeginProof {
            attempt,
            account,
            chain_id,
        } => begin_proof(driver, attempt, account, chain_id),
        Effect::FinishProof { attempt, proof } => finish_proof(driver, attempt, proof),
    }
}

fn providers(driver: SignInDriver) -> Option<Providers> {
    driver
        .browser
        .try_with_value(|browser| browser.as_ref().map(|browser| browser.providers.clone()))
        .flatten()
}

fn ask_wallet<F, A>(driver: SignInDriver, attempt: Attempt, ask: F)
where
    F: FnOnce(Providers) -> A + 'static,
    A: Future<Output = Result<Answer, WalletFailure>> + 'static,
{
    let Some(providers) = providers(driver) else {
        return;
    };
    spawn_local(async move {
        let answer = ask(providers).await.unwrap_or_else(Answer::WalletFailed);
        dispatch(driver, Event::Answer { attempt, answer });
    });
}

/// Takes the passphrase out of the driver, so that it lives no longer than the signing.
fn sign_with_built_in(
    driver: SignInDriver,
    attempt: Attempt,
    account: WalletAddress,
    message: String,
) {
    let passphrase = driver
        .passphrase
        .try_update_value(std::mem::take)
        .unwrap_or_default();
    driver.unlocking.set(Some(0));
    browser::remember_wallet(BUILT_IN_NAME);
    spawn_local(async move {
        let on_progress = move |permille| {
            driver.unlocking.try_set(Some(permille));
        };
        let answer =
            match signing::sign(account, passphrase.as_bytes(), &message, on_progress).await {
                Ok(signature) => Answer::Signed { signature },
                Err(failure) => Answer::WalletFailed(failure),
            };
        driver.unlocking.try_set(None);
        dispatch(driver, Event::Answer { attempt, answer });
    });
}

fn begin_proof(driver: SignInDriver, attempt: Attempt, account: WalletAddress, chain_id: u64) {
    let purpose = driver.purpose;
    spawn_local(async move {
        let answer = match begin_wallet_proof(purpose, account, chain_id).await {
            Ok(challenge) => Answer::Challenge(challenge),
            Err(error) => Answer::ServerRefused(error.into()),
        };
        dispatch(driver, Event::Answer { attempt, answer });
    });
}

fn finish_proof(driver: SignInDriver, attempt: Attempt, proof: WalletProof) {
    spawn_local(async move {
        let answer = match finish_wallet_proof(proof).await {
            Ok(accepted) => Answer::Accepted {
                next: destination(accepted.purpose, accepted.next),
            },
            Err(error) => Answer::ServerRefused(error.into()),
        };
        dispatch(driver, Event::Answer { attempt, answer });
    });
}

/// Who links a wallet comes from the account page, and wants to see it there.
fn destination(purpose: ProofPurpose, next: String) -> String {
    match purpose {
        ProofPurpose::SignIn => next,
        ProofPurpose::Link => "/account".to_owned(),
    }
}

fn remember(driver: SignInDriver, wallet: &WalletRef) {
    let wallets = driver
        .flow
        .try_with_untracked(SignInFlow::wallets)
        .unwrap_or_default();
    if let Some(found) = wallets.iter().find(|found| found.reference == *wallet) {
        browser::remember_wallet(&found.rdns);
    }
}
