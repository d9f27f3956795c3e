//! The handle through which the rest of the program uses this crate.

mod account;
mod administration;
mod audit;
mod bulk;
mod completion;
mod contract_check;
mod invitations;
mod oauth_sign_in;
mod oidc_provider;
mod outbound;
mod people;
mod proven;
mod rate_limits;
mod request;
pub(crate) mod session_cache;
mod sessions;
mod setup;
mod wallet_sign_in;

#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::DatabaseConnection;
use types::sign_in::ProofPurpose;
use types::{Timestamp, UserId};

use self::contract_check::Chains;
use self::oidc_provider::OidcProvider;
use self::rate_limits::RateLimiters;
use self::session_cache::SessionCache;
use crate::IdentityError;
use crate::clock::Clock;
use crate::config::IdentityConfig;
use crate::session_storage::SessionStorage;
use crate::tasks::audit_writer::AuditWriter;
use crate::tasks::sweep::sweep_regularly;

pub use self::administration::Selector;
pub use self::oauth_sign_in::OauthCallback;
pub use self::people::GroupRole;
pub use self::rate_limits::network_of;
pub use self::request::{Caller, RequestContext};
pub use self::sessions::SignOutScope;

pub(crate) type Result<T> = std::result::Result<T, IdentityError>;

/// Everything about people. Cheap to clone; its background loops end with its last clone.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: DatabaseConnection,
    pub(crate) config: IdentityConfig,
    pub(crate) clock: Clock,
    pub(crate) cache: Arc<SessionCache>,
    limits: RateLimiters,
    chains: Chains,
    providers: BTreeMap<String, OidcProvider>,
    audit: AuditWriter,
}

/// What a finished sign-in or link did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOutcome {
    pub user_id: UserId,
    pub purpose: ProofPurpose,
    /// The account was made by this sign-in.
    pub is_new_user: bool,
    /// Where the person wanted to go (a checked path of this site).
    pub next: String,
}

/// What is remembered of a person before sign-in: given by links, kept in the anonymous session.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Secret of an invitation link.
    pub invitation: Option<String>,
    /// Secret of the one-time link that makes the first administrator.
    pub setup: Option<String>,
    /// Path to go to after sign-in.
    pub next: Option<String>,
}

impl Identity {
    /// Opens the service on a database whose schema is up to date, and starts its background
    /// loops on the current runtime.
    ///
    /// # Errors
    /// `bad_request` with one line for each mistake in the configuration.
    pub async fn open(database: DatabaseConnection, config: IdentityConfig) -> Result<Self> {
        Self::open_with_clock(database, config, Clock::system()).await
    }

    /// [`Self::open`] with another source of time.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with_clock(
        database: DatabaseConnection,
        config: IdentityConfig,
        clock: Clock,
    ) -> Result<Self> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(IdentityError::refused(
                types::ErrorCode::BadRequest,
                problems.join("\n"),
            ));
        }
        let http = outbound::client(outbound::PROVIDER_TIMEOUT)?;
        let mut providers = BTreeMap::new();
        for provider in &config.oauth_providers {
            let slug = provider.slug.clone();
            providers.insert(
                slug,
                OidcProvider::new(
                    provider.clone(),
                    &config.hub_origin,
                    http.clone(),
                    clock.clone(),
                )?,
            );
        }
        let inner = Arc::new(Inner {
            limits: RateLimiters::new(&config.rate_limits),
            chains: Chains {
                http: outbound::client(outbound::CHAIN_TIMEOUT)?,
                endpoints: config.rpc_endpoints.clone(),
                contract_chain: config.chain_ids.first().copied(),
            },
            audit: AuditWriter::spawn(database.clone(), clock.clone()),
            cache: Arc::new(SessionCache::new()),
            providers,
            database,
            config,
            clock,
        });
        tokio::spawn(sweep_regularly(Arc::downgrade(&inner)));
        Ok(Self { inner })
    }

    /// For `tower_sessions::SessionManagerLayer::new`.
    #[must_use]
    pub fn session_storage(&self) -> SessionStorage {
        SessionStorage {
            database: self.inner.database.clone(),
            cache: self.inner.cache.clone(),
            clock: self.inner.clock.clone(),
        }
    }

    fn database(&self) -> &DatabaseConnection {
        &self.inner.database
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

#[cfg(test)]
mod tests;
