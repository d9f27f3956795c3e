//! The web user interface, rendered on the server and taken over in the browser.
//!
//! [`App`] is the frame and the route table; pages are in [`pages`], their server functions in
//! [`actions`], the component kit in [`ui`]. Every page is complete before it is sent, so that it
//! reads and works without JavaScript and carries the right status code.

// Nested views make long types; the compiler's default depth is too small for whole pages.
#![recursion_limit = "512"]

pub mod actions;
pub mod context;
#[cfg(feature = "ssr")]
pub mod form_results;
pub mod live;
pub mod pages;
#[cfg(all(test, feature = "ssr"))]
mod rendered;
pub mod shell;
pub mod ui;
pub mod wallet;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{Lazy, SsrMode, path};

use pages::home::HomePage;
use pages::lazy;
use pages::not_found::NotFoundPage;
use shell::{SiteFooter, SiteHeader, SkipLink, provide_shell};
use ui::toast::{ToastRegion, provide_toasts};
use wallet::WalletWatcher;

#[cfg(feature = "ssr")]
pub use shell::document::shell;

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_shell();
    provide_toasts();
    ui::time::provide_clock();

    view! {
        <Title formatter=shell::page_title />
        <Router>
            <SkipLink />
            <SiteHeader />
            <main id="main" class="site-main" tabindex="-1">
                <AppRoutes />
            </main>
            <SiteFooter />
            <WalletWatcher />
            <ToastRegion />
        </Router>
    }
}

#[component]
fn AppRoutes() -> impl IntoView {
    view! {
        <Routes fallback=NotFoundPage>
            <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view={Lazy::<lazy::SignIn>::new()} ssr=SsrMode::Async />
            <Route path=path!("/dashboard") view={Lazy::<lazy::Dashboard>::new()} ssr=SsrMode::Async />
            <Route path=path!("/servers/:id") view={Lazy::<lazy::Server>::new()} ssr=SsrMode::Async />
            <Route path=path!("/start/:host_label") view={Lazy::<lazy::Start>::new()} ssr=SsrMode::Async />
            <Route path=path!("/account") view={Lazy::<lazy::Account>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/users") view={Lazy::<lazy::AdminUsers>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/users/:id") view={Lazy::<lazy::AdminUser>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/servers") view={Lazy::<lazy::AdminServers>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/bulk") view={Lazy::<lazy::AdminBulk>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/invitations") view={Lazy::<lazy::AdminInvitations>::new()} ssr=SsrMode::Async />
            <Route path=path!("/admin/audit") view={Lazy::<lazy::AdminAudit>::new()} ssr=SsrMode::Async />
            <Route path=path!("/wallet") view={Lazy::<lazy::Wallet>::new()} ssr=SsrMode::Async />
            <Route path=path!("/api") view={Lazy::<lazy::Api>::new()} ssr=SsrMode::Async />
            <ExplorerRoutes />
            <Route path=path!("/ui") view={Lazy::<lazy::Gallery>::new()} ssr=SsrMode::Async />
        </Routes>
    }
}

/// The chain's explorer: its frame stays while one goes from page to page.
#[component(transparent)]
fn ExplorerRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("/explorer") view={Lazy::<lazy::ChainFrame>::new()} ssr=SsrMode::Async>
            <Route path=path!("") view={Lazy::<lazy::ChainHome>::new()} ssr=SsrMode::Async />
            <Route path=path!("blocks") view={Lazy::<lazy::ChainBlocks>::new()} ssr=SsrMode::Async />
            <Route path=path!("block/:number_or_hash") view={Lazy::<lazy::ChainBlock>::new()} ssr=SsrMode::Async />
            <Route path=path!("transactions") view={Lazy::<lazy::ChainTransactions>::new()} ssr=SsrMode::Async />
            <Route path=path!("pending") view={Lazy::<lazy::ChainPending>::new()} ssr=SsrMode::Async />
            <Route path=path!("tx/:hash") view={Lazy::<lazy::ChainTransaction>::new()} ssr=SsrMode::Async />
            <Route path=path!("address/:address") view={Lazy::<lazy::ChainAddress>::new()} ssr=SsrMode::Async />
            <Route path=path!("accounts") view={Lazy::<lazy::ChainAccounts>::new()} ssr=SsrMode::Async />
            <Route path=path!("tokens") view={Lazy::<lazy::ChainTokens>::new()} ssr=SsrMode::Async />
            <Route path=path!("token/:address") view={Lazy::<lazy::ChainToken>::new()} ssr=SsrMode::Async />
            <Route path=path!("contract/:address/verify") view={Lazy::<lazy::ChainVerify>::new()} ssr=SsrMode::Async />
            <Route path=path!("signers") view={Lazy::<lazy::ChainSigners>::new()} ssr=SsrMode::Async />
            <Route path=path!("nodes") view={Lazy::<lazy::ChainNodes>::new()} ssr=SsrMode::Async />
            <Route path=path!("search") view={Lazy::<lazy::ChainSearch>::new()} ssr=SsrMode::Async />
            <Route path=path!("broadcast") view={Lazy::<lazy::ChainBroadcast>::new()} ssr=SsrMode::Async />
            <Route path=path!("charts") view={Lazy::<lazy::ChainCharts>::new()} ssr=SsrMode::Async />
        </ParentRoute>
    }
    .into_inner()
}
