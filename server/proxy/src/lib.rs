//! The reverse proxy before the notebook servers, as a tower service.
//!
//! Invariants:
//! - A request reaches a server only after the [`Gatekeeper`] has admitted it.
//! - No header that a client sent can pass as ours: identity and forwarding headers from outside
//!   are removed, and so are our own cookies, in both directions.
//! - A browser's write or WebSocket is sent on only from the server's own origin.
//! - Bodies and WebSocket payloads stream through untouched and are never held whole.
//! - A request is sent twice only if the first attempt cannot have had an effect.
//!
//! It knows no users, sessions or databases, and it serves no pages but plain failure answers.

pub mod activity;
pub mod automatic;
pub mod error;
mod exchange;
mod failure;
mod forwarded_body;
pub mod gatekeeper;
pub mod host;
pub mod identity_header;
mod measure;
mod memory;
pub mod request_head;
mod response_head;
mod same_origin;
mod service;
pub mod settings;
mod upload;
mod upstream;
pub mod websocket;

pub use error::ProxyError;
pub use gatekeeper::{ActivityKind, Admission, Gatekeeper, Passage, ProxyBody, Target, Wake};
pub use host::{HostPattern, InvalidHostPattern, host_label};
pub use request_head::{DOOR_COOKIE, RESERVED_PATH_PREFIX, SECURE_DOOR_COOKIE};
pub use service::{ClientAddress, Proxy};
pub use settings::{ProxyLimits, ProxySettings};

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
