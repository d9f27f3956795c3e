//! The reverse proxy before the notebook servers, as a tower service.
//!
//! Invariants:
//! - A request reaches a server only after the [`Gatekeeper`] has admitted it.
//! - No header that a client sent can pass as ours: identity and forwarding headers from outside
//!   are removed.
//! - Bodies and WebSocket payloads stream through untouched and are never held whole.
//!
//! It knows no users, sessions or databases.

pub mod gatekeeper;

pub use gatekeeper::{ActivityKind, Admission, Gatekeeper, Passage, ProxyBody, Target};
