//! The facts behind every page's frame, known synchronously on both sides.

use serde::{Deserialize, Serialize};
use types::Timestamp;
use types::sign_in::Viewer;

use super::theme::Theme;
use crate::context::SiteSettings;

/// The site, who looks at it, and in which colours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellFacts {
    pub site: SiteSettings,
    pub viewer: Option<Viewer>,
    pub theme: Theme,
    /// When the server read them: the page's idea of "now" until its own clock runs.
    pub read_at: Timestamp,
}

impl Default for ShellFacts {
    fn default() -> Self {
        Self {
            site: SiteSettings {
                hub_origin: String::new(),
                development: false,
                unsandboxed: false,
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            viewer: None,
            theme: Theme::default(),
            read_at: Timestamp::default(),
        }
    }
}

/// The facts of the request that is being answered. The session layer has found the viewer before
/// any page is rendered, so nothing is awaited here.
///
/// # Errors
/// `internal` when called outside a request.
#[cfg(feature = "ssr")]
pub fn of_request() -> Result<ShellFacts, types::ApiError> {
    Ok(ShellFacts {
        site: (*crate::context::services()?.site).clone(),
        viewer: crate::context::request_context()?.viewer,
        theme: request_theme(),
        read_at: Timestamp::now(),
    })
}

/// The theme that this request's cookie asks for.
#[cfg(feature = "ssr")]
#[must_use]
pub fn request_theme() -> Theme {
    leptos::prelude::use_context::<http::request::Parts>()
        .and_then(|parts| {
            let header = parts.headers.get(http::header::COOKIE)?.to_str().ok()?;
            Some(Theme::of_cookies(header))
        })
        .unwrap_or_default()
}
