//! What happens to a sign-in, and what it asks of the browser.

use types::sign_in::{WalletChallenge, WalletProof};
use types::{ApiError, WalletAddress};

use super::super::failure::WalletFailure;
use super::super::found::{Announcement, WalletRef};
#[cfg(doc)]
use super::SignInFlow;

/// Number of a question to the wallet or the server. It grows with each question, and whenever
/// one is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Attempt(pub(super) u32);

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A wallet announced itself (EIP-6963).
    Announced(Announcement),
    /// There is a provider at `window.ethereum`.
    InjectedFound,
    /// The person's decision, one of [`SignInFlow::actions`].
    Act(Action),
    /// What an effect led to.
    Answer {
        attempt: Attempt,
        answer: Answer,
    },
    /// The accounts that the wallet shares now, the selected one first.
    AccountsChanged {
        wallet: WalletRef,
        accounts: Vec<WalletAddress>,
    },
    ChainChanged {
        wallet: WalletRef,
        chain_id: u64,
    },
    Disconnected {
        wallet: WalletRef,
    },
    /// Time has passed; sent at [`SignInFlow::deadline`].
    Tick,
}

/// What a question led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Connected {
        accounts: Vec<WalletAddress>,
        chain_id: u64,
    },
    ChainSwitched,
    Challenge(WalletChallenge),
    Signed {
        signature: String,
    },
    WalletFailed(WalletFailure),
    /// The server accepted the proof; `next` is a checked path of this site.
    Accepted {
        next: String,
    },
    ServerRefused(ApiError),
}

/// What a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Look for wallets once more.
    LookAgain,
    Choose(WalletRef),
    /// Ask the wallet to change to an accepted chain.
    SwitchChain,
    Sign,
    /// Ask again what was asked last.
    Retry,
    /// Go on with the account that the wallet shows now.
    UseCurrentAccount,
    /// Back to the list of wallets.
    Cancel,
    /// Leave the page.
    Leave,
    /// Go on to where the person wanted to go.
    Continue,
}

/// What the browser must do. Answers come back as [`Event::Answer`] with the same attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the wallets to announce themselves.
    Discover,
    /// `eth_requestAccounts` and `eth_chainId`.
    Connect { attempt: Attempt, wallet: WalletRef },
    /// `wallet_switchEthereumChain` (EIP-3326).
    SwitchChain {
        attempt: Attempt,
        wallet: WalletRef,
        chain_id: u64,
    },
    /// `wallet_addEthereumChain` (EIP-3085).
    AddChain {
        attempt: Attempt,
        wallet: WalletRef,
        chain_id: u64,
    },
    /// Have the server make the message to sign.
    BeginProof {
        attempt: Attempt,
        account: WalletAddress,
        chain_id: u64,
    },
    /// `personal_sign` (EIP-191).
    Sign {
        attempt: Attempt,
        wallet: WalletRef,
        account: WalletAddress,
        message: String,
    },
    /// Send the signed message to the server.
    FinishProof {
        attempt: Attempt,
        proof: WalletProof,
    },
    /// Load another page.
    GoTo { path: String },
    /// Load this page again.
    Reload,
}
