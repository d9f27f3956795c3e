//! People: who someone is, how they prove it, what they may do, and the record of what was done.
//!
//! Invariants:
//! - An identity (wallet address, or issuer and subject) belongs to at most one user. It is added
//!   to an account only by a fresh proof in a session of that account; an e-mail never decides.
//! - A sign-in challenge is used at most once, by the session that asked for it.
//! - Nobody grants what they do not hold.
//! - The audit log only grows, and each entry carries the hash of the one before.
//! - No secret that opens something (session, link, flow) is in the database, only its hash.
//!
//! It knows no HTTP routes and no pages, and nothing of notebook servers.

pub mod admission;
pub mod audit_chain;
pub mod bulk;
pub mod capped;
pub mod clock;
pub mod config;
pub mod contract_wallet;
pub mod error;
pub mod grant;
pub mod id_token;
pub mod next_path;
pub mod oidc_discovery;
mod secret;
pub mod service;
pub mod session_storage;
mod store;
mod tasks;
pub mod user_name;
pub mod wallet_message;
pub mod wallet_signature;

pub use admission::AllowPolicy;
pub use capped::capped;
pub use clock::Clock;
pub use config::{IdentityConfig, OauthProviderConfig, RateLimits};
pub use error::IdentityError;
pub use next_path::checked_next;
pub use service::{
    Arrival, Caller, GroupRole, Identity, OauthCallback, ProofOutcome, RequestContext, Selector,
    SignOutScope, network_of,
};
pub use session_storage::SessionStorage;
