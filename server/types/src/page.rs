//! Lists paged by key: a page names the key after which it starts, so that rows are neither
//! skipped nor doubled when the list changes while someone reads it.

use serde::{Deserialize, Serialize};

/// Most rows that one page may hold.
pub const PAGE_LIMIT_MAX: u32 = 200;
/// Rows of a page when nothing is asked.
pub const PAGE_LIMIT_DEFAULT: u32 = 50;

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PageRequest {
    /// The `next` of the page before; none for the first page.
    pub after: Option<String>,
    /// Rows wanted; clamped to 1…[`PAGE_LIMIT_MAX`].
    pub limit: Option<u32>,
}

impl PageRequest {
    /// The number of rows to read.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
            .unwrap_or(PAGE_LIMIT_DEFAULT)
            .clamp(1, PAGE_LIMIT_MAX)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The key to ask for the next page with; none on the last page.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }
}

impl<T> Page<T> {
    /// The same page with each row changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_clamped() {
        for (asked, given) in [(None, 50), (Some(0), 1), (Some(7), 7), (Some(9_999), 200)] {
            assert_eq!(
                PageRequest {
                    after: None,
                    limit: asked
                }
                .limit(),
                given
            );
        }
    }
}
