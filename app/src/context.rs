//! What the program hands to the pages: its services on the server, site facts on both sides.

use serde::{Deserialize, Serialize};

/// Facts about this site that every page may show. Given as context on the server; the browser
/// reads them with the first resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSettings {
    /// Public origin of the hub: `http://localhost:3000`.
    pub hub_origin: String,
    /// A development instance: anyone may sign in, `/ui` exists.
    pub development: bool,
    /// Set when notebooks run without a sandbox: shown on every page.
    pub unsandboxed: bool,
    pub version: String,
}

#[cfg(feature = "ssr")]
mod server {
    use std::sync::Arc;

    use identity::RequestContext;
    use leptos::prelude::use_context;
    use types::{ApiError, ErrorCode};

    use super::SiteSettings;

    /// The domain services that server functions call. Provided for each request.
    #[derive(Clone)]
    pub struct Services {
        pub identity: identity::Identity,
        pub spawner: spawner::Spawner,
        pub site: Arc<SiteSettings>,
    }

    /// The services of this program.
    ///
    /// # Errors
    /// `internal` when called outside a request.
    pub fn services() -> Result<Services, ApiError> {
        use_context::<Services>().ok_or_else(|| ApiError::new(ErrorCode::Internal, "no services in this context"))
    }

    /// Where this request comes from and who sent it: set by the server's session layer.
    ///
    /// # Errors
    /// `internal` when called outside a request.
    pub fn request_context() -> Result<RequestContext, ApiError> {
        use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<RequestContext>().cloned())
            .ok_or_else(|| ApiError::new(ErrorCode::Internal, "no request in this context"))
    }
}

#[cfg(feature = "ssr")]
pub use server::{Services, request_context, services};
