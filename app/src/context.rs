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
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    use identity::RequestContext;
    use leptos::prelude::use_context;
    use types::audit::Actor;
    use types::chain::{
        FaucetGift, Network, Nodes, PreparedTransaction, Signers, TransactionRequest,
    };
    use types::{ApiError, ErrorCode, WalletAddress};

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
        /// None where this site shows no chain.
        pub explorer: Option<explorer::Explorer>,
        /// None where this site shows no chain.
        pub chain: Option<Arc<dyn ChainStatus>>,
        /// What the page `/api` shows, as HTML.
        pub reference: Arc<str>,
    }

    /// An answer of the chain's machinery, on its way.
    pub type ChainAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

    /// What pages ask of the node beyond what its index holds.
    pub trait ChainStatus: Send + Sync {
        /// What a wallet must know of the chain.
        fn network(&self) -> Network;

        /// # Errors
        /// `not_found` where the chain has no signers (no proof of authority); `unavailable`.
        fn signers(&self) -> ChainAnswer<'_, Signers>;

        /// # Errors
        /// `unavailable`.
        fn nodes(&self) -> ChainAnswer<'_, Nodes>;

        /// Nonce, gas and fees for a transaction, by the node's present state.
        ///
        /// # Errors
        /// `bad_request` when the transaction would fail, with the contract's reason;
        /// `unavailable`.
        fn prepare(&self, request: TransactionRequest) -> ChainAnswer<'_, PreparedTransaction>;

        /// Sends the faucet's gift to an address.
        ///
        /// # Errors
        /// `not_found` where there is no faucet; `rate_limited` after the day's share.
        fn ask_faucet(&self, to: WalletAddress, by: Actor) -> ChainAnswer<'_, FaucetGift>;
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
pub use server::{ChainAnswer, ChainStatus, Services, request_context, services};
