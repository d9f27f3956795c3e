//! Everything on the hub's origin that is not a page: links that lead in, server-sent events,
//! health and metrics, and the document that describes what programs use.

pub mod arrival;
pub mod chain;
pub mod doors;
pub mod events;
pub mod explorer;
pub mod failure;
pub mod health;
pub mod json_rpc;
pub mod oauth;
pub mod openapi;
pub mod sign_out;
