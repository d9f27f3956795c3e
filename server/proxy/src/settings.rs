//! What the program decides about the proxy.

use std::time::Duration;

use crate::HostPattern;

/// Fixed for the life of a proxy.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// Origins of the notebook servers: `http://{label}.localhost:3000`.
    pub server_origin: HostPattern,
    /// Origin of the hub, where failure pages lead: `http://localhost:3000`.
    pub hub_origin: String,
    pub limits: ProxyLimits,
}

/// Bounds of everything that the proxy holds or waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyLimits {
    /// Requests that one server may have at the same time; more wait.
    pub requests_per_server_max: usize,
    /// Longest wait of such a request.
    pub queue_timeout: Duration,
    /// Open WebSockets of one server; more are refused.
    pub websockets_per_server_max: usize,
    /// Unused connections kept for one server.
    pub idle_connections_per_server_max: usize,
    /// Unused connections kept in all.
    pub idle_connections_max: usize,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// How long a server may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long a client may send nothing in the middle of a body.
    pub body_stall_timeout: Duration,
    /// Size of a request's header fields in bytes: large cookie jars are common.
    pub header_bytes_max: usize,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            requests_per_server_max: 128,
            queue_timeout: Duration::from_secs(10),
            websockets_per_server_max: 128,
            idle_connections_per_server_max: 8,
            idle_connections_max: 4_096,
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            body_stall_timeout: Duration::from_secs(60),
            header_bytes_max: 64 * 1024,
        }
    }
}
