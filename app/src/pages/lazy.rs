//! Pages whose program the browser loads when it first needs them. Only the home page comes with
//! the frame, so that a first visit is light; the others come in three parts, by who opens them.
//!
//! `cargo leptos build --split` cuts the program at the functions marked `lazy`. What several
//! parts need becomes a file for each combination of them: few parts mean few files.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::account::AccountPage;
use super::admin::{AuditPage, BulkPage, InvitationsPage, ServersPage, UserPage, UsersPage};
use super::dashboard::DashboardPage;
use super::gallery::GalleryPage;
use super::server::ServerPage;
use super::sign_in::SignInPage;
use super::start::StartPage;

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
}
