//! The ways to sign in, side by side; once one is under way, it alone.

use leptos::prelude::*;
use types::sign_in::{ProofPurpose, SignInOptions, Viewer};

use super::built_in::BuiltInWallet;
use super::notes::{AlreadySignedIn, Policy, SignInBeforeLinking};
use super::oauth::OauthProviders;
use super::view::SignInView;
use crate::ui::{Alert, Card, Tone};
use crate::wallet::chain::AcceptedChains;
use crate::wallet::driver::SignInDriver;
use crate::wallet::flow::{Action, State};
use crate::wallet::found::WalletRef;

#[component]
pub(super) fn Ways(
    options: SignInOptions,
    purpose: ProofPurpose,
    viewer: Option<Viewer>,
) -> impl IntoView {
    let note = match (purpose, viewer) {
        (ProofPurpose::SignIn, Some(viewer)) => {
            Some(view! { <AlreadySignedIn viewer /> }.into_any())
        }
        (ProofPurpose::Link, None) => return view! { <SignInBeforeLinking /> }.into_any(),
        _ => None,
    };
    let Some(chains) = AcceptedChains::new(&options.chain_ids) else {
        return view! {
            <div class="grid gap-4">
                {note}
                <Alert tone=Tone::Warning title="Sign-in with a wallet is switched off">
                    <p>"The operator of this site accepts no chain for it."</p>
                </Alert>
                <OauthProviders providers=options.oauth_providers purpose />
                <Policy text=options.policy />
            </div>
        }
        .into_any();
    };
    view! {
        <div class="grid gap-4">
            {note}
            <WalletWays chains options purpose />
        </div>
    }
    .into_any()
}

#[component]
fn WalletWays(
    chains: AcceptedChains,
    options: SignInOptions,
    purpose: ProofPurpose,
) -> impl IntoView {
    let driver = SignInDriver::new(chains, purpose);
    driver.start();
    let is_choosing = Memo::new(move |_| {
        driver.flow().with(|flow| {
            matches!(
                flow.state(),
                State::Discovering { .. } | State::NoWallet | State::Choosing
            )
        })
    });
    view! {
        <Card title="Wallet">
            <SignInView
                flow=driver.flow()
                unlocking=driver.unlocking()
                purpose
                on_action=Callback::new(move |action| driver.act(action))
                on_passphrase=Callback::new(move |passphrase| driver.sign_with_passphrase(passphrase))
            />
        </Card>
        <div class="grid gap-4" class:hidden=move || !is_choosing.get()>
            <BuiltInWallet
                purpose
                on_choose=Callback::new(move |address| driver.act(Action::Choose(WalletRef::BuiltIn(address))))
            />
            <OauthProviders providers=options.oauth_providers purpose />
            <Policy text=options.policy />
        </div>
    }
}
