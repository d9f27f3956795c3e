//! Who may pass, and where to: decided by the program that holds the proxy.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::combinators::BoxBody;
use types::ServerId;

/// Body of every answer that the proxy gives.
pub type ProxyBody = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Decides about each request. Called once per request, before anything is sent on.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// `host_label` is the first label of a server's origin: `alice` of `alice.localhost:3000`.
    async fn admit(&self, request: &http::request::Parts, host_label: &str) -> Admission;

    /// Told of traffic to a server; must return at once.
    fn note_activity(&self, server_id: ServerId, kind: ActivityKind);
}

/// The decision.
pub enum Admission {
    /// Send it on.
    Forward(Passage),
    /// Answer with this instead: a start page, a redirect to sign in, a refusal.
    Respond(Box<http::Response<ProxyBody>>),
}

/// Where an admitted request goes.
pub struct Passage {
    pub server_id: ServerId,
    pub target: Target,
    /// Name that the server shows for the user.
    pub user_name: Arc<str>,
    /// Key of the identity header (see [`crate::identity_header`]).
    pub identity_key: [u8; 32],
    /// Resolves when the permission ends (sign-out, stop): open WebSockets are closed then.
    pub ended: Option<BoxFuture<'static, ()>>,
    /// Set when the server is frozen: must be awaited before anything is sent on. What is known
    /// already is answered without it.
    pub wake: Option<Wake>,
}

/// Thaws a server. Fails with the answer to the request, which cannot be sent on.
pub type Wake = BoxFuture<'static, Result<(), Box<http::Response<ProxyBody>>>>;

/// Address of a server.
///
/// Paths are the same if their bytes are: they are compared on every request, and comparison by
/// components is slow.
#[derive(Debug, Clone)]
pub enum Target {
    Unix(Arc<PathBuf>),
    Tcp(SocketAddr),
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unix(one), Self::Unix(another)) => {
                Arc::ptr_eq(one, another) || one.as_os_str() == another.as_os_str()
            }
            (Self::Tcp(one), Self::Tcp(another)) => one == another,
            (Self::Unix(_), Self::Tcp(_)) | (Self::Tcp(_), Self::Unix(_)) => false,
        }
    }
}

impl Eq for Target {}

impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Unix(path) => path.as_os_str().hash(state),
            Self::Tcp(address) => address.hash(state),
        }
    }
}

/// What traffic says about the person behind it (interaction is not presence).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// A data frame from the client, or an unsafe method.
    Interaction,
    /// Polling, pings: a page is open.
    Presence,
}
