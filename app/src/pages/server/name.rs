//! The rule for names of servers, told while they are typed. The server decides again.

/// Longest name of a server.
pub(crate) const SERVER_NAME_MAX: u32 = 30;
/// The rule as the browser's own check of a form has it (flag `v`); the same as [`name_problem`].
pub(crate) const SERVER_NAME_PATTERN: &str = "[a-z](-?[a-z0-9])*";
/// The rule in words.
pub(crate) const SERVER_NAME_RULE: &str = "Lower-case letters, digits and single hyphens, a letter first. It becomes part of the address.";

/// What is wrong with a name, if anything is.
pub(crate) fn name_problem<'a>(
    name: &str,
    taken: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return Some("A name is needed.".to_owned());
    }
    if name.chars().count() > SERVER_NAME_MAX as usize {
        return Some(format!("At most {SERVER_NAME_MAX} characters."));
    }
    let is_allowed =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if let Some(wrong) = name.chars().find(|letter| !is_allowed(*letter)) {
        return Some(format!(
            "{wrong:?} cannot be used: lower-case letters, digits and hyphens only."
        ));
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Some("It begins with a letter.".to_owned());
    }
    if name.ends_with('-') || name.contains("--") {
        return Some("Hyphens stand alone, and not at the end.".to_owned());
    }
    taken
        .into_iter()
        .any(|known| known == name)
        .then(|| format!("You have a server named {name} already."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for name in ["a", "research-2", "a0", &"x".repeat(30)] {
            assert_eq!(name_problem(name, ["other"]), None, "{name}");
        }
        for (name, hint) in [
            ("", "needed"),
            ("  ", "needed"),
            ("Upper", "'U'"),
            ("with space", "' '"),
            ("dot.ted", "'.'"),
            ("ümlaut", "'ü'"),
            ("1a", "letter"),
            ("-a", "letter"),
            ("a-", "Hyphens"),
            ("a--b", "Hyphens"),
            (&"x".repeat(31), "At most 30"),
            ("taken", "already"),
        ] {
            let problem = name_problem(name, ["taken"]).unwrap_or_default();
            assert!(problem.contains(hint), "{name}: {problem}");
        }
    }

    /// The server's own rule, so that the page never promises what is refused.
    #[cfg(feature = "ssr")]
    #[test]
    fn the_page_and_the_server_agree() {
        for name in [
            "a", "-a", "a-", "a--b", "1a", "a1", "run-2", "A", "a_b", "ä", "a b", "",
        ] {
            let is_refused = spawner::server_name::ServerName::parse(name).is_err();
            assert_eq!(name_problem(name, []).is_some(), is_refused, "{name:?}");
        }
    }
}
