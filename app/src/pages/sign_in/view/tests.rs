#![allow(clippy::unwrap_used, clippy::expect_used)]

use insta::assert_snapshot;
use leptos::prelude::*;
use types::sign_in::{ProofPurpose, WalletChallenge};
use types::{ApiError, ErrorCode, Timestamp, WalletAddress};

use super::SignInView;
use crate::rendered;
use crate::wallet::chain::AcceptedChains;
use crate::wallet::failure::WalletFailure;
use crate::wallet::flow::{Action, Answer, Effect, Event, SignInFlow, State};
use crate::wallet::found::{Announcement, FoundWallets, WalletRef};

const NOW: Timestamp = Timestamp(1_795_262_400_000);

fn account(number: u8) -> WalletAddress {
    WalletAddress([number; 20])
}

fn announcement(uuid: &str, name: &str, provider: usize) -> Announcement {
    Announcement {
        uuid: uuid.to_owned(),
        name: name.to_owned(),
        icon: "data:image/png;base64,AA==".to_owned(),
        rdns: String::new(),
        provider,
    }
}

/// A flow that has seen these events; the attempt of an answer is the current one.
struct Scene {
    flow: SignInFlow,
    attempt: Option<crate::wallet::flow::Attempt>,
}

impl Scene {
    fn new() -> Self {
        let chains = AcceptedChains::new(&[1, 31_337]).unwrap();
        Self {
            flow: SignInFlow::new(chains, FoundWallets::default(), NOW),
            attempt: None,
        }
    }

    fn event(mut self, event: Event) -> Self {
        for effect in self.flow.apply(event, NOW) {
            self.attempt = match effect {
                Effect::Connect { attempt, .. }
                | Effect::SwitchChain { attempt, .. }
                | Effect::AddChain { attempt, .. }
                | Effect::BeginProof { attempt, .. }
                | Effect::Sign { attempt, .. }
                | Effect::FinishProof { attempt, .. } => Some(attempt),
                _ => self.attempt,
            };
        }
        self
    }

    fn act(self, action: Action) -> Self {
        self.event(Event::Act(action))
    }

    fn answer(self, answer: Answer) -> Self {
        let attempt = self.attempt.expect("something was asked");
        self.event(Event::Answer { attempt, answer })
    }

    fn fails(self, failure: WalletFailure) -> Self {
        self.answer(Answer::WalletFailed(failure))
    }

    fn late(mut self) -> Self {
        let deadline = self.flow.deadline().expect("the state ends by itself");
        self.flow.apply(Event::Tick, deadline);
        self
    }

    fn choosing() -> Self {
        Self::new().event(Event::Announced(announcement("a", "Alpha Wallet", 1)))
    }

    fn connecting() -> Self {
        Self::choosing().act(Action::Choose(WalletRef::Announced("a".to_owned())))
    }

    fn connected(chain_id: u64) -> Self {
        Self::connecting().answer(Answer::Connected {
            accounts: vec![account(1)],
            chain_id,
        })
    }

    fn challenge() -> Answer {
        Answer::Challenge(WalletChallenge {
            message: "localhost:3000 wants you to sign in with your Ethereum account:\n<b>&"
                .to_owned(),
            expires_at: NOW.plus_ms(300_000),
        })
    }

    fn ready() -> Self {
        Self::connected(1).answer(Self::challenge())
    }

    fn signing() -> Self {
        Self::ready().act(Action::Sign)
    }

    fn verifying() -> Self {
        Self::signing().answer(Answer::Signed {
            signature: "0x01".to_owned(),
        })
    }

    fn accounts(self, accounts: Vec<WalletAddress>) -> Self {
        self.event(Event::AccountsChanged {
            wallet: WalletRef::Announced("a".to_owned()),
            accounts,
        })
    }

    fn built_in() -> Self {
        Self::new()
            .act(Action::Choose(WalletRef::BuiltIn(account(7))))
            .answer(Self::challenge())
    }
}

fn html(flow: SignInFlow, purpose: ProofPurpose) -> String {
    rendered::html(move || {
        view! {
            <SignInView
                flow=Signal::stored(flow)
                unlocking=Signal::stored(Some(420))
                purpose
                on_action=Callback::new(|_| {})
                on_passphrase=Callback::new(|_| {})
            />
        }
    })
}

fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("discovering", Scene::new()),
        ("no_wallet", Scene::new().late()),
        ("one_wallet", Scene::choosing()),
        (
            "several_wallets",
            Scene::choosing()
                .event(Event::Announced(announcement("b", "Beta <script>", 2)))
                .event(Event::Announced(announcement("b", "Impostor", 3))),
        ),
        ("connecting", Scene::connecting()),
        ("connecting_silent", Scene::connecting().late()),
        (
            "connecting_rejected",
            Scene::connecting().fails(WalletFailure::Rejected),
        ),
        (
            "connecting_busy",
            Scene::connecting().fails(WalletFailure::Busy),
        ),
        ("wrong_chain", Scene::connected(5)),
        (
            "switching_chain",
            Scene::connected(5).act(Action::SwitchChain),
        ),
        (
            "switching_unknown",
            Scene::connected(5)
                .act(Action::SwitchChain)
                .fails(WalletFailure::UnknownChain),
        ),
        (
            "switching_rejected",
            Scene::connected(5)
                .act(Action::SwitchChain)
                .fails(WalletFailure::Rejected),
        ),
        ("preparing", Scene::connected(1)),
        ("ready_to_sign", Scene::ready()),
        ("signing", Scene::signing()),
        ("signing_silent", Scene::signing().late()),
        (
            "signing_rejected",
            Scene::signing().fails(WalletFailure::Rejected),
        ),
        (
            "account_switched",
            Scene::signing().accounts(vec![account(2)]),
        ),
        ("account_removed", Scene::signing().accounts(vec![])),
        ("expired", Scene::ready().late()),
        ("verifying", Scene::verifying()),
        (
            "refused",
            Scene::verifying().answer(Answer::ServerRefused(
                ApiError::new(ErrorCode::NotAllowed, "Nobody invited this wallet.")
                    .with_hint("Ask for an invitation."),
            )),
        ),
        (
            "signed_in",
            Scene::verifying().answer(Answer::Accepted {
                next: "/dashboard".to_owned(),
            }),
        ),
        ("built_in_ready", Scene::built_in()),
        ("built_in_unlocking", Scene::built_in().act(Action::Sign)),
        (
            "built_in_wrong",
            Scene::built_in()
                .act(Action::Sign)
                .fails(WalletFailure::WrongPassphrase),
        ),
    ]
}

#[test]
fn every_state_looks_as_it_should() {
    for (name, scene) in scenes() {
        assert_snapshot!(name, html(scene.flow, ProofPurpose::SignIn));
    }
}

#[test]
fn linking_says_so() {
    let page = html(Scene::ready().flow, ProofPurpose::Link);
    assert!(page.contains("It is not linked yet.") && !page.contains("You are not signed in yet."));
}

/// The steps that a state offers are all on the page, and nothing but the next page comes after
/// the last one.
#[test]
fn every_step_has_a_control() {
    for (name, scene) in scenes() {
        let page = html(scene.flow.clone(), ProofPurpose::SignIn);
        let controls = page.matches("class=\"button ").count();
        let expected = scene.flow.actions().len();
        let is_discovering = matches!(scene.flow.state(), State::Discovering { .. });
        assert!(
            is_discovering || controls == expected,
            "{name}: {controls} controls for {expected} steps"
        );
    }
}

#[test]
fn text_from_outside_stays_text() {
    let [wallets, message] = ["several_wallets", "ready_to_sign"].map(|wanted| {
        let (_, scene) = scenes()
            .into_iter()
            .find(|(name, _)| *name == wanted)
            .unwrap();
        html(scene.flow, ProofPurpose::SignIn)
    });
    assert!(wallets.contains("Beta &lt;script&gt;") && !wallets.contains("<script>"));
    assert!(message.contains("&lt;b&gt;&amp;") && !message.contains("<b>"));
}
