//! Server functions, by area: each authorises, calls one domain service and maps the error.
//! They are the pages' private interface; programs use the documented API instead.

pub mod account;
pub mod admin;
pub mod audit;
#[cfg(feature = "ssr")]
mod authority;
pub mod bulk;
pub mod error;
pub mod explorer;
#[cfg(feature = "ssr")]
mod hand_over;
pub mod invitations;
pub mod servers;
pub mod shell;
pub mod sign_in;
pub mod theme;
