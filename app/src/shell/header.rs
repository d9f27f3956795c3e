//! The bar at the top of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::logo::Logo;
use super::search::SiteSearch;
use super::theme_toggle::ThemeToggle;
use super::use_shell;
use super::viewer_menu::ViewerMenu;
use crate::ui::{Banner, Icon, IconName, Tone};

/// The first stop of the keyboard.
#[component]
pub fn SkipLink() -> impl IntoView {
    // External to the router: only the browser itself moves the focus with the address.
    view! { <a class="skip-link" href="#main" rel="external">"Skip to content"</a> }
}

/// Banners, logo, navigation, theme and viewer.
#[component]
pub fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-top">
            <SiteBanners />
            <div class="site-header">
                <div class="site-header-bar">
                    <a class="brand" href="/" aria-label="Stoxus LedgerCloud, home">
                        <Logo />
                        <span class="brand-name">"LedgerCloud"</span>
                    </a>
                    <SiteNavigation />
                    <div class="site-header-end">
                        <SiteSearch />
                        <ThemeToggle />
                        <ViewerMenu />
                    </div>
                </div>
            </div>
        </header>
    }
}

#[component]
fn SiteBanners() -> impl IntoView {
    let site = use_shell().site();
    view! {
        {site.unsandboxed.then(|| view! {
            <Banner tone=Tone::Danger>
                "Notebooks run without a sandbox: whoever runs code here can reach this machine."
            </Banner>
        })}
        {site.development.then(|| view! {
            <Banner tone=Tone::Warning>"Development instance: anyone may sign in."</Banner>
        })}
    }
}

/// Where one can go. Nothing is listed that is not there for this person.
#[component]
fn SiteNavigation() -> impl IntoView {
    let viewer = use_shell().viewer();
    let path = use_location().pathname;
    view! {
        <nav class="site-nav" aria-label="Main">
            {move || viewer.get().is_some().then(|| view! {
                <NavigationLink href="/dashboard" below="/servers" icon=IconName::Dashboard label="Dashboard" path />
            })}
            <NavigationLink href="/explorer" below="/explorer" icon=IconName::Network label="Explorer" path />
            {move || viewer.get().map(|viewer| {
                let oversees = viewer.is_administrator || viewer.is_manager;
                view! {
                    <NavigationLink href="/wallet" below="/wallet" icon=IconName::Wallet label="Wallet" path />
                    <NavigationLink href="/account" below="/account" icon=IconName::User label="Account" path />
                    {oversees.then(|| view! {
                        <NavigationLink href="/admin/users" below="/admin" icon=IconName::Group label="Admin" path />
                    })}
                }
            })}
        </nav>
    }
}

#[component]
fn NavigationLink(
    href: &'static str,
    /// Pages whose address begins so belong to this link too.
    below: &'static str,
    icon: IconName,
    label: &'static str,
    path: Memo<String>,
) -> impl IntoView {
    let is_current = move || path.with(|path| path == href || is_below(path, below));
    view! {
        <a class="site-nav-link" href=href aria-current=move || is_current().then_some("page")>
            <Icon name=icon />
            <span>{label}</span>
        </a>
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn pages_belong_to_whole_segments() {
        for (path, prefix, belongs) in [
            ("/admin/users/1", "/admin", true),
            ("/admin", "/admin", true),
            ("/administrate", "/admin", false),
            ("/", "/admin", false),
        ] {
            assert_eq!(is_below(path, prefix), belongs, "{path}");
        }
    }
}
