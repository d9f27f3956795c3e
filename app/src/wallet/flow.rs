//! The way from "no wallet chosen" to "signed in", as a state machine without I/O.
//!
//! Invariants, all tested:
//! - Every state offers a next step and a way out ([`SignInFlow::actions`]), or ends by itself at
//!   [`SignInFlow::deadline`]. Nobody waits for ever in front of a spinner.
//! - Signed in is reached only through the server's word, for the attempt that is current: answers
//!   of attempts that were given up are ignored.
//! - Another account or chain in the wallet ends the attempt. A signature of one account is never
//!   sent after the wallet showed another.
//!
//! The clock is passed in with each event; the browser runs the effects that come back.

mod actions;
mod event;
mod outside;
mod state;
#[cfg(test)]
mod tests;

use types::sign_in::{WalletChallenge, WalletProof};
use types::{ApiError, ErrorCode, Timestamp};

pub use self::event::{Action, Answer, Attempt, Effect, Event};
pub use self::state::{Connection, State, WalletRequest};
use super::chain::{AcceptedChains, describe};
use super::failure::WalletFailure;
use super::found::{FoundWallet, FoundWallets, WalletRef};

/// How long wallets have to announce themselves before the page says that there is none.
pub const DISCOVERY_MS: i64 = 600;
/// After this long without an answer, the page asks the person to look for the wallet's window.
pub const SILENCE_MS: i64 = 12_000;
/// How long our own server has to answer.
pub const SERVER_ANSWER_MS: i64 = 20_000;
/// Life of a challenge when this computer's clock disagrees with the server's.
pub const CHALLENGE_LIFE_MS: i64 = 4 * 60_000;
/// A remaining life outside these bounds shows that the two clocks disagree.
const CHALLENGE_LIFE_MIN_MS: i64 = 30_000;
const CHALLENGE_LIFE_MAX_MS: i64 = 10 * 60_000;

/// The machine: its facts, the number of the current attempt, and its state.
#[derive(Debug, Clone, PartialEq)]
pub struct SignInFlow {
    chains: AcceptedChains,
    wallets: FoundWallets,
    attempt: Attempt,
    state: State,
}

impl SignInFlow {
    /// Looks for wallets from `now` on; the caller then runs [`Effect::Discover`].
    #[must_use]
    pub const fn new(chains: AcceptedChains, wallets: FoundWallets, now: Timestamp) -> Self {
        let state = State::Discovering {
            until: now.plus_ms(DISCOVERY_MS),
        };
        Self {
            chains,
            wallets,
            attempt: Attempt(0),
            state,
        }
    }

    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    #[must_use]
    pub const fn chains(&self) -> &AcceptedChains {
        &self.chains
    }

    /// The wallets to choose from.
    #[must_use]
    pub fn wallets(&self) -> Vec<FoundWallet> {
        self.wallets.offered()
    }

    /// How people know the wallet.
    #[must_use]
    pub fn wallet_name(&self, wallet: &WalletRef) -> String {
        self.wallets.name_of(wallet)
    }

    /// When the state changes by itself.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.state.deadline()
    }

    /// The next state. An event that does not fit the state changes nothing.
    pub fn apply(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        match event {
            Event::Announced(announcement) => self.on_announced(&announcement),
            Event::InjectedFound => self.on_injected_found(),
            Event::Act(action) => self.on_action(action, now),
            Event::Answer { attempt, answer } if attempt == self.attempt => {
                self.on_answer(answer, now)
            }
            Event::Answer { .. } => Vec::new(),
            Event::AccountsChanged { wallet, accounts } => {
                self.on_accounts_changed(&wallet, &accounts, now)
            }
            Event::ChainChanged { wallet, chain_id } => {
                self.on_chain_changed(&wallet, chain_id, now)
            }
            Event::Disconnected { wallet } => self.on_disconnected(&wallet),
            Event::Tick => self.on_tick(now),
        }
    }

    fn on_answer(&mut self, answer: Answer, now: Timestamp) -> Vec<Effect> {
        match (self.state.clone(), answer) {
            (State::Waiting { request, .. } | State::Silent { request }, answer) => {
                self.on_wallet_answer(request, answer, now)
            }
            (State::Preparing { connection, .. }, Answer::Challenge(challenge)) => {
                let expires_at = expiry_by_local_clock(challenge.expires_at, now);
                let challenge = WalletChallenge {
                    expires_at,
                    ..challenge
                };
                self.rest(State::ReadyToSign {
                    connection,
                    challenge,
                    problem: None,
                })
            }
            (
                State::Preparing { connection, .. } | State::Verifying { connection, .. },
                Answer::ServerRefused(error),
            ) => self.rest(State::Refused { connection, error }),
            (State::Verifying { .. }, Answer::Accepted { next }) => {
                self.state = State::SignedIn { next: next.clone() };
                vec![Effect::GoTo { path: next }]
            }
            _ => Vec::new(),
        }
    }

    fn on_wallet_answer(
        &mut self,
        request: WalletRequest,
        answer: Answer,
        now: Timestamp,
    ) -> Vec<Effect> {
        match (request, answer) {
            (WalletRequest::Connect { wallet }, Answer::Connected { accounts, chain_id }) => {
                match accounts.first() {
                    Some(account) => self.prepare(
                        Connection {
                            wallet,
                            account: *account,
                            chain_id,
                        },
                        now,
                    ),
                    None => self.fail(WalletRequest::Connect { wallet }, WalletFailure::NoAccount),
                }
            }
            (
                WalletRequest::SwitchChain {
                    connection,
                    chain_id,
                }
                | WalletRequest::AddChain {
                    connection,
                    chain_id,
                },
                Answer::ChainSwitched,
            ) => self.prepare(
                Connection {
                    chain_id,
                    ..connection
                },
                now,
            ),
            (
                WalletRequest::SwitchChain {
                    connection,
                    chain_id,
                },
                Answer::WalletFailed(WalletFailure::UnknownChain),
            ) if describe(chain_id).is_some_and(|chain| chain.rpc_path.is_some()) => self.ask(
                WalletRequest::AddChain {
                    connection,
                    chain_id,
                },
                now,
            ),
            (
                WalletRequest::Sign {
                    connection,
                    challenge,
                },
                Answer::Signed { signature },
            ) => {
                self.attempt.0 += 1;
                self.state = State::Verifying {
                    connection,
                    until: now.plus_ms(SERVER_ANSWER_MS),
                };
                let proof = WalletProof {
                    message: challenge.message,
                    signature,
                };
                vec![Effect::FinishProof {
                    attempt: self.attempt,
                    proof,
                }]
            }
            (
                WalletRequest::Sign {
                    connection,
                    challenge,
                },
                Answer::WalletFailed(WalletFailure::WrongPassphrase),
            ) => {
                let problem = Some(WalletFailure::WrongPassphrase);
                self.rest(State::ReadyToSign {
                    connection,
                    challenge,
                    problem,
                })
            }
            (request, Answer::WalletFailed(WalletFailure::Rejected)) => {
                self.rest(State::Rejected { request })
            }
            (request, Answer::WalletFailed(failure)) => self.fail(request, failure),
            _ => Vec::new(),
        }
    }

    fn on_tick(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        match self.state.clone() {
            State::Discovering { .. } => self.choose_from_found(),
            State::Waiting {
                request:
                    WalletRequest::Sign {
                        connection,
                        challenge,
                    },
                ..
            } if now >= challenge.expires_at => self.rest(State::Expired { connection }),
            // The question stays open: the wallet may still answer it.
            State::Waiting { request, .. } => {
                self.state = State::Silent { request };
                Vec::new()
            }
            State::Silent {
                request: WalletRequest::Sign { connection, .. },
            }
            | State::ReadyToSign { connection, .. } => self.rest(State::Expired { connection }),
            State::Preparing { connection, .. } => self.rest(State::Refused {
                connection,
                error: no_answer("Check your connection, and try again."),
            }),
            State::Verifying { connection, .. } => {
                let error =
                    no_answer("Reload the page: you may be signed in already. If not, try again.");
                self.rest(State::Refused { connection, error })
            }
            _ => Vec::new(),
        }
    }

    /// A connected account on an accepted chain gets its message from the server.
    fn prepare(&mut self, connection: Connection, now: Timestamp) -> Vec<Effect> {
        if !self.chains.contains(connection.chain_id) {
            return self.rest(State::WrongChain { connection });
        }
        self.attempt.0 += 1;
        let effect = Effect::BeginProof {
            attempt: self.attempt,
            account: connection.account,
            chain_id: connection.chain_id,
        };
        self.state = State::Preparing {
            connection,
            until: now.plus_ms(SERVER_ANSWER_MS),
        };
        vec![effect]
    }

    /// Puts a question to the wallet.
    fn ask(&mut self, request: WalletRequest, now: Timestamp) -> Vec<Effect> {
        self.attempt.0 += 1;
        let attempt = self.attempt;
        let effect = match &request {
            WalletRequest::Connect { wallet } => Effect::Connect {
                attempt,
                wallet: wallet.clone(),
            },
            WalletRequest::SwitchChain {
                connection,
                chain_id,
            } => Effect::SwitchChain {
                attempt,
                wallet: connection.wallet.clone(),
                chain_id: *chain_id,
            },
            WalletRequest::AddChain {
                connection,
                chain_id,
            } => Effect::AddChain {
                attempt,
                wallet: connection.wallet.clone(),
                chain_id: *chain_id,
            },
            WalletRequest::Sign {
                connection,
                challenge,
            } => Effect::Sign {
                attempt,
                wallet: connection.wallet.clone(),
                account: connection.account,
                message: challenge.message.clone(),
            },
        };
        self.state = State::Waiting {
            request,
            silent_at: now.plus_ms(SILENCE_MS),
        };
        vec![effect]
    }

    fn fail(&mut self, request: WalletRequest, failure: WalletFailure) -> Vec<Effect> {
        self.rest(State::Failed { request, failure })
    }

    /// Enters a state in which nothing is awaited: whatever was asked before is given up.
    fn rest(&mut self, state: State) -> Vec<Effect> {
        self.attempt.0 += 1;
        self.state = state;
        Vec::new()
    }

    fn choose_from_found(&mut self) -> Vec<Effect> {
        let state = if self.wallets.offered().is_empty() {
            State::NoWallet
        } else {
            State::Choosing
        };
        self.rest(state)
    }
}

/// The server says when its message expires by its own clock. When that is implausible by ours,
/// one of the two clocks is wrong, and only the usual life of a message is known.
fn expiry_by_local_clock(expires_at: Timestamp, now: Timestamp) -> Timestamp {
    let life_ms = expires_at.since_ms(now);
    if (CHALLENGE_LIFE_MIN_MS..=CHALLENGE_LIFE_MAX_MS).contains(&life_ms) {
        return expires_at;
    }
    now.plus_ms(CHALLENGE_LIFE_MS)
}

fn no_answer(hint: &str) -> ApiError {
    ApiError::new(ErrorCode::Unavailable, "The server did not answer.").with_hint(hint)
}
