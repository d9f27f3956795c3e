//! What a person can do in each state, and what follows.

use types::Timestamp;

use super::super::failure::WalletFailure;
use super::super::found::WalletRef;
use super::{Action, Connection, Effect, SignInFlow, State, WalletRequest};

impl SignInFlow {
    /// The next steps that the page offers, the most likely one first. The last one is the way
    /// out, except where all that is left is to go on.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        match &self.state {
            State::Discovering { .. } => vec![Action::Leave],
            State::NoWallet => vec![Action::LookAgain, Action::Leave],
            State::Choosing => {
                let wallets = self.wallets.offered().into_iter();
                wallets
                    .map(|wallet| Action::Choose(wallet.reference))
                    .chain([Action::Leave])
                    .collect()
            }
            State::Waiting { .. } | State::Preparing { .. } | State::Verifying { .. } => {
                vec![Action::Cancel]
            }
            State::Silent { .. }
            | State::Rejected { .. }
            | State::Failed { .. }
            | State::Expired { .. }
            | State::Refused { .. }
            | State::AccountSwitched { current: None, .. } => vec![Action::Retry, Action::Cancel],
            State::WrongChain { .. } => vec![Action::SwitchChain, Action::Cancel],
            State::ReadyToSign { .. } => vec![Action::Sign, Action::Cancel],
            State::AccountSwitched {
                current: Some(_), ..
            } => vec![Action::UseCurrentAccount, Action::Cancel],
            State::SignedIn { .. } => vec![Action::Continue],
        }
    }

    pub(super) fn on_action(&mut self, action: Action, now: Timestamp) -> Vec<Effect> {
        match (self.state.clone(), action) {
            (State::NoWallet, Action::LookAgain) => {
                self.rest(State::Discovering {
                    until: now.plus_ms(super::DISCOVERY_MS),
                });
                vec![Effect::Discover]
            }
            (
                State::Discovering { .. } | State::NoWallet | State::Choosing,
                Action::Choose(wallet @ WalletRef::BuiltIn(account)),
            ) => {
                let chain_id = self.chains.first();
                self.prepare(
                    Connection {
                        wallet,
                        account,
                        chain_id,
                    },
                    now,
                )
            }
            (State::Choosing, Action::Choose(wallet)) if self.is_offered(&wallet) => {
                self.ask(WalletRequest::Connect { wallet }, now)
            }
            (State::WrongChain { connection }, Action::SwitchChain) => {
                let chain_id = self.chains.first();
                self.ask(
                    WalletRequest::SwitchChain {
                        connection,
                        chain_id,
                    },
                    now,
                )
            }
            (
                State::ReadyToSign {
                    connection,
                    challenge,
                    ..
                },
                Action::Sign,
            ) => self.ask_unless_expired(
                WalletRequest::Sign {
                    connection,
                    challenge,
                },
                now,
            ),
            (
                State::Silent { request }
                | State::Rejected { request }
                | State::Failed { request, .. },
                Action::Retry,
            ) => self.ask_unless_expired(request, now),
            (State::Expired { connection } | State::Refused { connection, .. }, Action::Retry) => {
                self.prepare(connection, now)
            }
            (
                State::AccountSwitched {
                    previous,
                    current: None,
                },
                Action::Retry,
            ) => self.ask(
                WalletRequest::Connect {
                    wallet: previous.wallet,
                },
                now,
            ),
            (
                State::AccountSwitched {
                    previous,
                    current: Some(account),
                },
                Action::UseCurrentAccount,
            ) => self.prepare(
                Connection {
                    account,
                    ..previous
                },
                now,
            ),
            (State::SignedIn { next }, Action::Continue) => vec![Effect::GoTo { path: next }],
            (State::Discovering { .. } | State::NoWallet | State::Choosing, Action::Leave) => {
                vec![Effect::GoTo {
                    path: "/".to_owned(),
                }]
            }
            (
                State::Discovering { .. }
                | State::NoWallet
                | State::Choosing
                | State::SignedIn { .. },
                Action::Cancel,
            ) => Vec::new(),
            // The request may have arrived: loading the page again breaks it off, and shows how
            // things stand.
            (State::Verifying { .. }, Action::Cancel) => {
                self.choose_from_found();
                vec![Effect::Reload]
            }
            (_, Action::Cancel) => self.choose_from_found(),
            _ => Vec::new(),
        }
    }

    /// Asks again; a message that expired meanwhile is made anew first.
    fn ask_unless_expired(&mut self, request: WalletRequest, now: Timestamp) -> Vec<Effect> {
        match request {
            WalletRequest::Sign {
                connection,
                challenge,
            } if now >= challenge.expires_at => self.prepare(connection, now),
            // The chain was added or unknown: the switch is the question that matters.
            WalletRequest::AddChain {
                connection,
                chain_id,
            } => self.ask(
                WalletRequest::SwitchChain {
                    connection,
                    chain_id,
                },
                now,
            ),
            request if !self.is_offered(request.wallet()) => {
                self.fail(request, WalletFailure::Gone)
            }
            request => self.ask(request, now),
        }
    }

    fn is_offered(&self, wallet: &WalletRef) -> bool {
        matches!(wallet, WalletRef::BuiltIn(_))
            || self.wallets.offered().iter().any(|offered| offered.reference == *wallet)
            // Connected through `window.ethereum` before a slow wallet announced itself.
            || *wallet == WalletRef::Injected
    }
}
