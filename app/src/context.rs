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
    use crate::form_results::FormResults;

    /// The domain services that server functions call. Provided for each request.
    #[derive(Clone)]
    pub struct Services {
        pub identity: identity::Identity,
        pub spawner: spawner::Spawner,
        pub site: Arc<SiteSettings>,
        pub start_at_sign_in: spawner::service::StartAtSignIn,
        pub form_results: FormResults,
    }

    impl Services {
        /// What follows every sign-in: the default server is made and, if so configured, started.
        /// A failure here does not undo the sign-in; the dashboard shows the server's state.
        pub async fn after_sign_in(&self, user_id: types::UserId) {
            if let Err(error) = self.prepare_default_server(user_id).await {
                tracing::warn!(%user_id, %error, "the default server was not prepared at sign-in");
            }
        }

        async fn prepare_default_server(&self, user_id: types::UserId) -> Result<(), ApiError> {
            let account = self
                .identity
                .account(user_id)
                .await
                .map_err(|error| error.to_api_error())?;
            let profile = self
                .identity
                .profile_of(user_id)
                .await
                .map_err(|error| error.to_api_error())?;
            let actor = types::audit::Actor {
                kind: types::audit::ActorKind::User,
                id: user_id.to_string(),
                name: account.name.clone(),
                session: None,
                ip: None,
            };
            self.spawner
                .ensure_default(
                    user_id,
                    &account.name,
                    profile.as_deref(),
                    &actor,
                    self.start_at_sign_in,
                )
                .await
                .map(|_| ())
                .map_err(|error| error.to_api_error())
        }
    }

    /// The services of this program.
    ///
    /// # Errors
    /// `internal` when called outside a request.
    pub fn services() -> Result<Services, ApiError> {
        use_context::<Services>()
            .ok_or_else(|| ApiError::new(ErrorCode::Internal, "no services in this context"))
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
