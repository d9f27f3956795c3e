//! What wallets do of their own accord: appear, change account or chain, go away.

use types::{Timestamp, WalletAddress};

use super::super::failure::WalletFailure;
use super::super::found::{Announcement, WalletRef};
use super::{Connection, Effect, SignInFlow, State, WalletRequest};

impl SignInFlow {
    pub(super) fn on_announced(&mut self, announcement: &Announcement) -> Vec<Effect> {
        self.wallets.announce(announcement);
        if matches!(self.state, State::Discovering { .. } | State::NoWallet)
            && self.wallets.has_announced()
        {
            return self.choose_from_found();
        }
        Vec::new()
    }

    /// While wallets may still announce themselves this is only remembered.
    pub(super) fn on_injected_found(&mut self) -> Vec<Effect> {
        self.wallets.find_injected();
        if self.state == State::NoWallet {
            self.choose_from_found()
        } else {
            Vec::new()
        }
    }

    pub(super) fn on_accounts_changed(
        &mut self,
        wallet: &WalletRef,
        accounts: &[WalletAddress],
        now: Timestamp,
    ) -> Vec<Effect> {
        // The person answered the earlier request that kept the wallet busy.
        if let State::Failed {
            request: WalletRequest::Connect { wallet: asked },
            failure: WalletFailure::Busy,
        } = &self.state
            && asked == wallet
            && !accounts.is_empty()
        {
            let wallet = wallet.clone();
            return self.ask(WalletRequest::Connect { wallet }, now);
        }
        let Some(connection) = self.connection_of(wallet) else {
            return Vec::new();
        };
        let current = accounts.first().copied();
        if current == Some(connection.account)
            && !matches!(self.state, State::AccountSwitched { .. })
        {
            return Vec::new();
        }
        self.rest(State::AccountSwitched {
            previous: connection,
            current,
        })
    }

    pub(super) fn on_chain_changed(
        &mut self,
        wallet: &WalletRef,
        chain_id: u64,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(connection) = self.connection_of(wallet) else {
            return Vec::new();
        };
        if let State::AccountSwitched { current, .. } = self.state {
            let previous = Connection {
                chain_id,
                ..connection
            };
            self.state = State::AccountSwitched { previous, current };
            return Vec::new();
        }
        if connection.chain_id == chain_id {
            return Vec::new();
        }
        // The message names the chain, so a new chain needs a new message.
        self.prepare(
            Connection {
                chain_id,
                ..connection
            },
            now,
        )
    }

    pub(super) fn on_disconnected(&mut self, wallet: &WalletRef) -> Vec<Effect> {
        let is_asked = match &self.state {
            State::Waiting { request, .. } | State::Silent { request } => {
                request.wallet() == wallet
            }
            _ => false,
        };
        if !is_asked && self.connection_of(wallet).is_none() {
            return Vec::new();
        }
        self.fail(
            WalletRequest::Connect {
                wallet: wallet.clone(),
            },
            WalletFailure::Disconnected,
        )
    }

    fn connection_of(&self, wallet: &WalletRef) -> Option<Connection> {
        self.state
            .connection()
            .filter(|connection| connection.wallet == *wallet)
            .cloned()
    }
}
