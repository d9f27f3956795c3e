//! The line at the end of every page.

use leptos::prelude::*;

use super::use_shell;

/// The product and its version.
#[component]
pub fn SiteFooter() -> impl IntoView {
    let site = use_shell().site();
    view! {
        <footer class="site-footer">
            <p>"Stoxus LedgerCloud " <span class="mono">{site.version}</span></p>
            <p class="site-footer-end">
                {site.development.then(|| view! { <a href="/ui">"Components"</a> })}
                <a href="/api" rel="external">"API"</a>
                <a href="/health" rel="external">"Health"</a>
            </p>
        </footer>
    }
}
