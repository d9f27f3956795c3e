//! Names of named servers: 1–30 of `[a-z0-9-]`, a letter first, a letter or digit last, no double
//! hyphen (as JupyterHub 6 has them). The default server's name is empty.

use types::{ApiError, ErrorCode};

/// Longest name of a server.
pub const SERVER_NAME_CHARS_MAX: usize = 30;

/// A checked name of a server; empty for the default server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(String);

impl ServerName {
    /// The name of every user's first server.
    #[must_use]
    pub const fn default_server() -> Self {
        Self(String::new())
    }

    /// The name of a further server.
    ///
    /// # Errors
    /// `notebook.server_name_invalid` with the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        match broken_rule(text) {
            Some(rule) => Err(ApiError::new(ErrorCode::ServerNameInvalid, rule)
                .with_field("name")
                .with_hint("for example: analysis, run-2")),
            None => Ok(Self(text.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

fn broken_rule(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.len() > SERVER_NAME_CHARS_MAX {
        return Some("a server's name has 1 to 30 characters");
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return Some("a server's name has only small letters, digits and hyphens");
    }
    if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Some("a server's name starts with a letter");
    }
    if text.ends_with('-') {
        return Some("a server's name ends with a letter or digit");
    }
    if text.contains("--") {
        return Some("a server's name has no two hyphens in a row");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["a", "analysis", "run-2", "a1", &"a".repeat(30)] {
            assert_eq!(ServerName::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(31);
        for bad in [
            "",
            "-a",
            "a-",
            "1a",
            "a--b",
            "A",
            "ä",
            "a b",
            "a.b",
            "a_b",
            "a/b",
            long.as_str(),
        ] {
            let error = ServerName::parse(bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::ServerNameInvalid, "{bad:?}");
            assert_eq!(error.field.as_deref(), Some("name"));
        }
    }
}
