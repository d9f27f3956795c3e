//! Many users at once, from a CSV list.

use serde::{Deserialize, Serialize};

/// Columns of the list, in the order of the template.
pub const BULK_COLUMNS: [&str; 7] = [
    "name", "wallet", "email", "role", "groups", "profile", "expires",
];
/// Most lines that one list may have.
pub const BULK_LINES_MAX: usize = 20_000;
/// Most bytes that one list may have.
pub const BULK_BYTES_MAX: usize = 4 << 20;

/// What would happen, or has happened, to one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkLine {
    /// Line number in the list as people count: the header is line 1.
    pub line: u32,
    pub name: String,
    pub verdict: BulkVerdict,
    /// Why, in plain words; names the other line of a conflict.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkVerdict {
    /// A new user.
    Create,
    /// An existing user gets something new.
    Update,
    /// The user is there already, just like this.
    Unchanged,
    /// An empty line.
    Blank,
    /// Cannot be applied; nothing of the list is until it is mended or left out.
    Reject,
}

/// The answer to a preview and the report of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkReport {
    pub lines: Vec<BulkLine>,
    /// Whether the list was written to the database, all of it in one transaction.
    pub applied: bool,
    /// Names of groups that do not exist yet and are made with the list.
    pub new_groups: Vec<String>,
}

impl BulkReport {
    /// How many lines have this verdict.
    #[must_use]
    pub fn count(&self, verdict: BulkVerdict) -> usize {
        self.lines
            .iter()
            .filter(|line| line.verdict == verdict)
            .count()
    }
}
