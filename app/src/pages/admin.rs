//! Administration: users, everyone's servers, bulk lists, invitations and the audit log.
//!
//! Managers of groups see what concerns their groups. What a list shows is kept in its address.

pub(crate) mod address;
pub(crate) mod audit;
pub(crate) mod bulk;
mod invitations;
mod servers;
mod tabs;
mod user;
mod users;

pub use audit::AuditPage;
pub use bulk::BulkPage;
pub use invitations::InvitationsPage;
pub use servers::ServersPage;
pub use user::UserPage;
pub use users::UsersPage;
