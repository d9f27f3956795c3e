//! `/wallet`: what the account's wallet has on this site's chain, and sending from it.

mod faucet;
mod network;
mod send_form;

use leptos::prelude::*;
use types::WalletAddress;
use types::chain::Network;
use types::explorer::{AddressOverview, TransactionSummary};

use faucet::FaucetCard;
use network::NetworkCard;
use send_form::SendForm;

use super::explorer::feed::{Follows, live, provide_chain_feed};
use super::explorer::{ChainStatusLine, path, transaction_table, word_of};
use super::loading::loaded;
use super::send::Sender;
use crate::actions::explorer::machinery::read_network;
use crate::actions::explorer::{read_address, read_address_transactions};
use crate::shell::RequireViewer;
use crate::ui::{
    Address, Card, Coins, ControlSize, EmptyState, IconName, KeyValue, KeyValues, LinkButton,
    PageHeader, count,
};

/// Transactions that this page shows; the others are on the address's own page.
const RECENT_MAX: usize = 10;

/// The wallet of whoever is signed in.
#[component]
pub fn WalletPage() -> impl IntoView {
    view! {
        <RequireViewer let:viewer>
            <div class="page">
                <PageHeader title="Wallet" description="Your address on this site's chain. Keys stay in your wallet; the site never has them." />
                {match viewer.wallet {
                    Some(address) => view! { <WalletOf address /> }.into_any(),
                    None => view! { <NoWallet /> }.into_any(),
                }}
            </div>
        </RequireViewer>
    }
}

#[component]
fn NoWallet() -> impl IntoView {
    view! {
        <Card>
            <EmptyState
                icon=IconName::Wallet
                title="This session has no wallet"
                actions=|| view! { <LinkButton href="/account" icon=IconName::User>"Link a wallet"</LinkButton> }
            >
                <p>"You signed in without one. Link a wallet to your account and sign in with it, and its balance appears here."</p>
            </EmptyState>
        </Card>
    }
}

#[component]
fn WalletOf(address: WalletAddress) -> impl IntoView {
    let feed = provide_chain_feed();
    let sender = Sender::new();
    sender.start();
    let network = Resource::new_blocking(|| (), |()| read_network());
    view! {
        <ChainStatusLine feed />
        {live(
            Memo::new(move |_| address),
            |_| Follows::EachBlock,
            read_address,
            |_, overview| view! { <Balance overview /> },
        )}
        {loaded(network, move |network| view! { <Actions address network sender /> })}
        {live(
            Memo::new(move |_| address),
            |_| Follows::EachBlock,
            |address| read_address_transactions(address, None),
            |address, page| view! { <Recent address=*address transactions=page.items /> },
        )}
    }
}

#[component]
pub(super) fn Balance(overview: AddressOverview) -> impl IntoView {
    let address = overview.party.address;
    view! {
        <Card>
            <KeyValues>
                <KeyValue label="Address"><Address address full=true /></KeyValue>
                <KeyValue label="Balance">
                    <strong class="wallet-balance">{word_of(overview.balance, |wei| view! { <Coins wei /> })}</strong>
                </KeyValue>
                <KeyValue label="Next nonce">{word_of(overview.nonce, count)}</KeyValue>
            </KeyValues>
        </Card>
    }
}

#[component]
fn Actions(address: WalletAddress, network: Network, sender: Sender) -> impl IntoView {
    let faucet = network.faucet.clone();
    view! {
        <div class="explorer-columns is-even">
            <SendForm sender />
            <div class="grid content-start gap-6">
                {faucet.map(|faucet| view! { <FaucetCard address faucet /> })}
                <NetworkCard network sender />
            </div>
        </div>
    }
}

#[component]
pub(super) fn Recent(
    address: WalletAddress,
    transactions: Vec<TransactionSummary>,
) -> impl IntoView {
    let recent: Vec<_> = transactions.into_iter().take(RECENT_MAX).collect();
    let rows = match recent.is_empty() {
        true => view! {
            <EmptyState icon=IconName::List title="No transactions yet">
                <p>"What you send and receive appears here once it is mined."</p>
            </EmptyState>
        }
        .into_any(),
        false => transaction_table(recent, Some(address)).into_any(),
    };
    view! {
        <Card
            title="Recent transactions"
            flush=true
            actions=move || view! {
                <LinkButton href=path::address(address) size=ControlSize::Small>"All of them"</LinkButton>
            }
        >
            {rows}
        </Card>
    }
}
