//! The pages, by area. A page reads its data with server functions and composes the kit.

pub mod account;
pub mod admin;
pub mod api;
pub mod dashboard;
pub mod explorer;
pub mod gallery;
pub mod home;
pub mod lazy;
pub mod not_found;
pub mod server;
pub mod sign_in;
pub mod start;
pub mod wallet;

pub(crate) mod form;
pub(crate) mod loading;
pub(crate) mod missing;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod send;
#[cfg(all(test, feature = "ssr"))]
mod tests;
