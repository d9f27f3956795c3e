//! People: who someone is, how they prove it, what they may do, and the record of what was done.
//!
//! Invariants:
//! - An identity (wallet address, or issuer and subject) belongs to at most one user. It is added
//!   to an account only by a fresh proof in a session of that account; an e-mail never decides.
//! - A sign-in challenge is used at most once, by the session that asked for it.
//! - Nobody grants what they do not hold.
//! - The audit log only grows, and each entry carries the hash of the one before.
//!
//! It knows no HTTP routes and no pages, and nothing of notebook servers.

pub mod error;
pub mod service;

pub use error::IdentityError;
pub use service::{Caller, Identity, RequestContext};
