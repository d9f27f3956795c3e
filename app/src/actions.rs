//! Server functions, by area: each authorises, calls one domain service and maps the error.
//! They are the pages' private interface; programs use the documented API instead.

pub mod error;
pub mod shell;
pub mod theme;
