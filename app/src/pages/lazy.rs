//! Pages whose program the browser loads when it first needs them. Only the home page comes with
//! the frame, so that a first visit is light; the others come in four parts, by who opens them.
//!
//! `cargo leptos build --split` cuts the program at the functions marked `lazy`. What several
//! parts need becomes a file for each combination of them: few parts mean few files.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::account::AccountPage;
use super::admin::{AuditPage, BulkPage, InvitationsPage, ServersPage, UserPage, UsersPage};
use super::api::ApiPage;
use super::dashboard::DashboardPage;
use super::explorer::{
    AccountsPage, AddressPage, BlockPage, BlocksPage, BroadcastPage, ChartsPage, ExplorerFrame,
    HomePage, NodesPage, PendingPage, SearchPage, SignersPage, TokenPage, TokensPage,
    TransactionPage, TransactionsPage, VerifyPage,
};
use super::gallery::GalleryPage;
use super::server::ServerPage;
use super::sign_in::SignInPage;
use super::start::StartPage;
use super::wallet::WalletPage;

/// The way in, with the wallets.
#[lazy]
fn way_in() -> AnyView {
    view! { <SignInPage /> }.into_any()
}

enum WorkbenchPage {
    Account,
    Dashboard,
    Server,
    Start,
}

/// What everybody has who is signed in.
#[lazy]
fn workbench(page: WorkbenchPage) -> AnyView {
    match page {
        WorkbenchPage::Account => view! { <AccountPage /> }.into_any(),
        WorkbenchPage::Dashboard => view! { <DashboardPage /> }.into_any(),
        WorkbenchPage::Server => view! { <ServerPage /> }.into_any(),
        WorkbenchPage::Start => view! { <StartPage /> }.into_any(),
    }
}

enum OfficePage {
    Audit,
    Bulk,
    Gallery,
    Invitations,
    Servers,
    User,
    Users,
}

/// Administration, and the gallery of components.
#[lazy]
fn office(page: OfficePage) -> AnyView {
    match page {
        OfficePage::Audit => view! { <AuditPage /> }.into_any(),
        OfficePage::Bulk => view! { <BulkPage /> }.into_any(),
        OfficePage::Gallery => view! { <GalleryPage /> }.into_any(),
        OfficePage::Invitations => view! { <InvitationsPage /> }.into_any(),
        OfficePage::Servers => view! { <ServersPage /> }.into_any(),
        OfficePage::User => view! { <UserPage /> }.into_any(),
        OfficePage::Users => view! { <UsersPage /> }.into_any(),
    }
}

enum ChainPage {
    Accounts,
    Address,
    Api,
    Block,
    Blocks,
    Broadcast,
    Charts,
    Frame,
    Home,
    Nodes,
    Pending,
    Search,
    Signers,
    Token,
    Tokens,
    Transaction,
    Transactions,
    Verify,
    Wallet,
}

/// The explorer of the chain, the wallet that sends on it, and how programs reach it.
#[lazy]
fn chain(page: ChainPage) -> AnyView {
    match page {
        ChainPage::Accounts => view! { <AccountsPage /> }.into_any(),
        ChainPage::Address => view! { <AddressPage /> }.into_any(),
        ChainPage::Api => view! { <ApiPage /> }.into_any(),
        ChainPage::Block => view! { <BlockPage /> }.into_any(),
        ChainPage::Blocks => view! { <BlocksPage /> }.into_any(),
        ChainPage::Broadcast => view! { <BroadcastPage /> }.into_any(),
        ChainPage::Charts => view! { <ChartsPage /> }.into_any(),
        ChainPage::Frame => view! { <ExplorerFrame /> }.into_any(),
        ChainPage::Home => view! { <HomePage /> }.into_any(),
        ChainPage::Nodes => view! { <NodesPage /> }.into_any(),
        ChainPage::Pending => view! { <PendingPage /> }.into_any(),
        ChainPage::Search => view! { <SearchPage /> }.into_any(),
        ChainPage::Signers => view! { <SignersPage /> }.into_any(),
        ChainPage::Token => view! { <TokenPage /> }.into_any(),
        ChainPage::Tokens => view! { <TokensPage /> }.into_any(),
        ChainPage::Transaction => view! { <TransactionPage /> }.into_any(),
        ChainPage::Transactions => view! { <TransactionsPage /> }.into_any(),
        ChainPage::Verify => view! { <VerifyPage /> }.into_any(),
        ChainPage::Wallet => view! { <WalletPage /> }.into_any(),
    }
}

/// A route without data of its own: pages read theirs by themselves.
macro_rules! lazy_route {
    ($($route:ident => $part:ident($($page:expr)?), $preload:ident;)*) => {$(
        /// A route to the page of this name.
        #[derive(Debug, Clone, Copy)]
        pub struct $route;

        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            async fn view(_this: Self) -> AnyView {
                $part($($page)?).await
            }

            async fn preload() {
                #[cfg(feature = "hydrate")]
                $preload().await;
            }
        }
    )*};
}

lazy_route! {
    SignIn => way_in(), __preload_way_in;
    Account => workbench(WorkbenchPage::Account), __preload_workbench;
    Dashboard => workbench(WorkbenchPage::Dashboard), __preload_workbench;
    Server => workbench(WorkbenchPage::Server), __preload_workbench;
    Start => workbench(WorkbenchPage::Start), __preload_workbench;
    AdminAudit => office(OfficePage::Audit), __preload_office;
    AdminBulk => office(OfficePage::Bulk), __preload_office;
    AdminInvitations => office(OfficePage::Invitations), __preload_office;
    AdminServers => office(OfficePage::Servers), __preload_office;
    AdminUser => office(OfficePage::User), __preload_office;
    AdminUsers => office(OfficePage::Users), __preload_office;
    Gallery => office(OfficePage::Gallery), __preload_office;
    Api => chain(ChainPage::Api), __preload_chain;
    ChainAccounts => chain(ChainPage::Accounts), __preload_chain;
    ChainAddress => chain(ChainPage::Address), __preload_chain;
    ChainBlock => chain(ChainPage::Block), __preload_chain;
    ChainBlocks => chain(ChainPage::Blocks), __preload_chain;
    ChainBroadcast => chain(ChainPage::Broadcast), __preload_chain;
    ChainCharts => chain(ChainPage::Charts), __preload_chain;
    ChainFrame => chain(ChainPage::Frame), __preload_chain;
    ChainHome => chain(ChainPage::Home), __preload_chain;
    ChainNodes => chain(ChainPage::Nodes), __preload_chain;
    ChainPending => chain(ChainPage::Pending), __preload_chain;
    ChainSearch => chain(ChainPage::Search), __preload_chain;
    ChainSigners => chain(ChainPage::Signers), __preload_chain;
    ChainToken => chain(ChainPage::Token), __preload_chain;
    ChainTokens => chain(ChainPage::Tokens), __preload_chain;
    ChainTransaction => chain(ChainPage::Transaction), __preload_chain;
    ChainTransactions => chain(ChainPage::Transactions), __preload_chain;
    ChainVerify => chain(ChainPage::Verify), __preload_chain;
    Wallet => chain(ChainPage::Wallet), __preload_chain;
}
