//! The way from the hub's origin to a notebook server's own origin.
//!
//! No cookie of the hub ever reaches a notebook. A server's origin has its own host-only cookie,
//! the *pass*, which says who may enter which server in which session, signed by us. It is handed
//! over once:
//!
//! 1. `<server origin>/_ledgercloud/begin?next=` sets a random *state* cookie, or keeps the one that
//!    another tab has just set, and goes to
//! 2. `<hub>/door/<label>?state=…&next=`, where the session tells who it is and whether they may
//!    enter; it mints a one-time ticket bound to that state and goes to
//! 3. `<server origin>/_ledgercloud/enter?ticket=…`, which takes ticket and state together and
//!    sets the pass. A ticket carried to another browser finds no matching state there.

pub mod cookies;
pub mod gate;
pub mod pass;
pub mod permission;
pub mod ticket;

/// Longest path to come back to that is kept.
const NEXT_LENGTH_MAX: usize = 2_048;

/// A path within one origin to go to, or `fallback` if the text could lead anywhere else.
///
/// Refused are absolute and scheme-relative URLs in every spelling that browsers accept:
/// backslashes, control characters, encoded slashes at the start, user-info tricks.
#[must_use]
pub fn safe_path<'a>(text: &'a str, fallback: &'a str) -> &'a str {
    let decoded_start: String = text
        .chars()
        .take(24)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_safe = text.len() <= NEXT_LENGTH_MAX
        && text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && !text.chars().any(char::is_control)
        && !decoded_start.starts_with("/%2f")
        && !decoded_start.starts_with("/%5c")
        && !decoded_start.starts_with("/%09")
        && !decoded_start.starts_with("/%0")
        && text.is_ascii();
    if is_safe { text } else { fallback }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_origin_are_safe() {
        for text in [
            "/",
            "/lab",
            "/lab/tree/a%20b.ipynb?x=1#y",
            "/servers/01h?tab=log",
        ] {
            assert_eq!(safe_path(text, "/home"), text);
        }
        for text in [
            "",
            "lab",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%09/evil.example",
            "/%0a/evil.example",
            "/ä",
        ] {
            assert_eq!(safe_path(text, "/home"), "/home", "{text:?}");
        }
        assert_eq!(
            safe_path(&format!("/{}", "a".repeat(3_000)), "/home"),
            "/home"
        );
    }
}
