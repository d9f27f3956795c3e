//! What every request to the hub's own origin passes through, outermost first: request id and
//! log line, rate limit, cross-site check, session, security headers.

pub mod address;
pub mod client;
pub mod cross_site;
pub mod deadline;
pub mod headers;
pub mod log;
pub mod rate;
pub mod session;
