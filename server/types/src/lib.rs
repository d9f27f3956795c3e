//! The vocabulary that the server and the browser share: identifiers, addresses, times, error
//! codes and the data transfer objects of each area.
//!
//! Invariants:
//! - Every item compiles to `wasm32-unknown-unknown` and does no I/O.
//! - Identifiers are typed: a [`UserId`] cannot be passed where a [`ServerId`] is wanted.
//! - Times are UTC, in milliseconds since the Unix epoch ([`Timestamp`]).
//!
//! It does not hold rules: those live in the domain crates.

pub mod account;
pub mod address;
pub mod admin;
pub mod audit;
pub mod bulk;
pub mod chain;
pub mod error;
pub mod explorer;
pub mod id;
pub mod notebook;
pub mod page;
pub mod quantity;
pub mod sign_in;
pub mod timestamp;

pub use address::WalletAddress;
pub use error::{ApiError, ErrorCode};
pub use id::{GroupId, IdentityId, InvitationId, ServerId, SessionKey, UserId, WalletId};
pub use page::{Page, PageRequest};
pub use timestamp::Timestamp;
