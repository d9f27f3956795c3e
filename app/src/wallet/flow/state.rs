//! The states of a sign-in and what each of them knows.

use types::sign_in::WalletChallenge;
use types::{ApiError, Timestamp, WalletAddress};

use super::super::failure::WalletFailure;
use super::super::found::WalletRef;

/// Where a sign-in stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Wallets are asked to announce themselves.
    Discovering {
        until: Timestamp,
    },
    NoWallet,
    /// One wallet or several are offered.
    Choosing,
    /// The wallet was asked; its window should be open.
    Waiting {
        request: WalletRequest,
        silent_at: Timestamp,
    },
    /// The wallet was asked and has not answered; it still may.
    Silent {
        request: WalletRequest,
    },
    /// The person said no in the wallet.
    Rejected {
        request: WalletRequest,
    },
    Failed {
        request: WalletRequest,
        failure: WalletFailure,
    },
    /// Connected, on a chain on which a sign-in is not accepted.
    WrongChain {
        connection: Connection,
    },
    /// Connected; the server makes the message.
    Preparing {
        connection: Connection,
        until: Timestamp,
    },
    /// Connected but not signed in: the message can be read, and signed by choice.
    ReadyToSign {
        connection: Connection,
        challenge: WalletChallenge,
        problem: Option<WalletFailure>,
    },
    /// The wallet shows another account than the one that began, or none any more.
    AccountSwitched {
        previous: Connection,
        current: Option<WalletAddress>,
    },
    /// The message was not signed in time.
    Expired {
        connection: Connection,
    },
    /// The server checks the signature. A switch of the account is not acted on here, as the
    /// session may exist already; the page that follows notices it.
    Verifying {
        connection: Connection,
        until: Timestamp,
    },
    /// The server said no.
    Refused {
        connection: Connection,
        error: ApiError,
    },
    SignedIn {
        next: String,
    },
}

/// An account that a wallet shares with this page, and the chain that the wallet is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub wallet: WalletRef,
    pub account: WalletAddress,
    pub chain_id: u64,
}

/// A question that the wallet shows to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletRequest {
    Connect {
        wallet: WalletRef,
    },
    SwitchChain {
        connection: Connection,
        chain_id: u64,
    },
    AddChain {
        connection: Connection,
        chain_id: u64,
    },
    Sign {
        connection: Connection,
        challenge: WalletChallenge,
    },
}

impl WalletRequest {
    /// The wallet that is asked.
    #[must_use]
    pub const fn wallet(&self) -> &WalletRef {
        match self {
            Self::Connect { wallet } => wallet,
            Self::SwitchChain { connection, .. }
            | Self::AddChain { connection, .. }
            | Self::Sign { connection, .. } => &connection.wallet,
        }
    }

    /// The connection it builds on, if there is one already.
    #[must_use]
    pub const fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Connect { .. } => None,
            Self::SwitchChain { connection, .. }
            | Self::AddChain { connection, .. }
            | Self::Sign { connection, .. } => Some(connection),
        }
    }
}

impl State {
    /// When the state ends by itself.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Discovering { until }
            | Self::Preparing { until, .. }
            | Self::Verifying { until, .. } => Some(*until),
            Self::Waiting {
                request:
                    WalletRequest::Sign {
                        connection,
                        challenge,
                    },
                silent_at,
            } => Some(silence_or_expiry(
                &connection.wallet,
                *silent_at,
                challenge.expires_at,
            )),
            Self::Waiting { silent_at, .. } => Some(*silent_at),
            Self::Silent {
                request: WalletRequest::Sign { challenge, .. },
            }
            | Self::ReadyToSign { challenge, .. } => Some(challenge.expires_at),
            Self::NoWallet
            | Self::Choosing
            | Self::Silent { .. }
            | Self::Rejected { .. }
            | Self::Failed { .. }
            | Self::WrongChain { .. }
            | Self::AccountSwitched { .. }
            | Self::Expired { .. }
            | Self::Refused { .. }
            | Self::SignedIn { .. } => None,
        }
    }

    /// The account that is connected, in the states in which a change of it matters.
    #[must_use]
    pub const fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Waiting { request, .. }
            | Self::Silent { request }
            | Self::Rejected { request }
            | Self::Failed { request, .. } => request.connection(),
            Self::WrongChain { connection }
            | Self::Preparing { connection, .. }
            | Self::ReadyToSign { connection, .. }
            | Self::Expired { connection }
            | Self::Refused { connection, .. } => Some(connection),
            Self::AccountSwitched { previous, .. } => Some(previous),
            Self::Discovering { .. }
            | Self::NoWallet
            | Self::Choosing
            | Self::Verifying { .. }
            | Self::SignedIn { .. } => None,
        }
    }
}

/// The built-in wallet computes for a while and has no window that could be overlooked.
const fn silence_or_expiry(
    wallet: &WalletRef,
    silent_at: Timestamp,
    expires_at: Timestamp,
) -> Timestamp {
    if matches!(wallet, WalletRef::BuiltIn(_)) || expires_at.0 < silent_at.0 {
        expires_at
    } else {
        silent_at
    }
}
