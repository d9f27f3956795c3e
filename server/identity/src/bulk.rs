//! Many users at once: from a list in CSV to a plan, without touching anything.

mod list;
mod plan;
mod report;
mod wish;

pub use list::{Fields, ListLine, parse};
pub use plan::{Change, Directory, ExistingChange, KnownUser, NewUser, Plan, keys, plan};
pub use report::report_csv;
