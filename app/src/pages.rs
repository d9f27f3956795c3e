//! The pages, by area. A page reads its data with server functions and composes the kit.

pub mod account;
pub mod admin;
pub mod dashboard;
pub mod gallery;
pub mod home;
pub mod lazy;
pub mod not_found;
pub mod server;
pub mod sign_in;
pub mod start;

pub(crate) mod form;
pub(crate) mod loading;
pub(crate) mod missing;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(all(test, feature = "ssr"))]
mod tests;
