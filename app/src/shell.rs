//! The frame around every page: document, header, viewer menu, banners, footer.

#[cfg(feature = "ssr")]
pub mod document;
pub mod facts;
mod footer;
mod header;
mod logo;
pub mod percent;
mod require;
mod search;
pub mod theme;
mod theme_toggle;
mod viewer_menu;

pub use footer::SiteFooter;
pub use header::{SiteHeader, SkipLink};
pub use logo::Logo;
pub use require::{RequireAdministrator, RequireManager, RequireViewer, sign_in_path};

use leptos::prelude::*;
use types::Timestamp;
use types::sign_in::Viewer;

use crate::context::SiteSettings;
use facts::ShellFacts;
use theme::Theme;

/// Name of the product, as in titles.
pub const SITE_NAME: &str = "Stoxus LedgerCloud";

/// What the frame knows, for every page: [`use_shell`].
#[derive(Debug, Clone, Copy)]
pub struct ViewerContext {
    facts: RwSignal<ShellFacts>,
}

impl ViewerContext {
    /// Who is signed in.
    #[must_use]
    pub fn viewer(self) -> Memo<Option<Viewer>> {
        Memo::new(move |_| self.facts.with(|facts| facts.viewer.clone()))
    }

    /// Who is signed in at this moment, without following changes.
    #[must_use]
    pub fn viewer_untracked(self) -> Option<Viewer> {
        self.facts.with_untracked(|facts| facts.viewer.clone())
    }

    /// The site's settings, which do not change while a page is open.
    #[must_use]
    pub fn site(self) -> SiteSettings {
        self.facts.with_untracked(|facts| facts.site.clone())
    }

    /// When the server made this page.
    #[must_use]
    pub fn read_at(self) -> Timestamp {
        self.facts.with_untracked(|facts| facts.read_at)
    }

    /// In which colours.
    #[must_use]
    pub fn theme(self) -> Memo<Theme> {
        Memo::new(move |_| self.facts.with(|facts| facts.theme))
    }

    fn set_theme(self, theme: Theme) {
        self.facts.update(|facts| facts.theme = theme);
    }

    /// Reads the facts anew: after the viewer's name changed, or to learn whether the session is
    /// still alive. A failure leaves what is known.
    pub fn refresh(self) {
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            if let Ok(facts) = crate::actions::shell::read_shell().await {
                self.facts.try_set(facts);
            }
        });
    }
}

/// Makes [`use_shell`] work below here. The server writes the facts into the page, and the browser
/// starts from the same.
pub fn provide_shell() {
    let facts = SharedValue::new(|| {
        #[cfg(test)]
        if let Some(facts) = use_context::<ShellFacts>() {
            return facts;
        }
        #[cfg(feature = "ssr")]
        return facts::of_request().unwrap_or_default();
        #[cfg(not(feature = "ssr"))]
        ShellFacts::default()
    });
    provide_context(ViewerContext {
        facts: RwSignal::new(facts.into_inner()),
    });
}

/// The frame's facts. Outside the application (component tests) those of a site without anybody.
#[must_use]
pub fn use_shell() -> ViewerContext {
    use_context().unwrap_or_else(|| ViewerContext {
        facts: RwSignal::new(ShellFacts::default()),
    })
}

/// The document's title of a page with that name.
#[must_use]
pub fn page_title(name: String) -> String {
    if name.is_empty() {
        SITE_NAME.to_owned()
    } else {
        format!("{name} · {SITE_NAME}")
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
