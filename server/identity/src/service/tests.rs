//! The use cases from end to end, on every kind of database.

mod account;
mod admission;
mod audit;
mod bulk;
mod oauth;
mod people;
mod sessions;
mod wallet_sign_in;
