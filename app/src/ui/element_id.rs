//! Element ids made from names, the same on the server and in the browser.

/// A text as part of an element id: letters, digits and `-`; everything else becomes `-`.
#[must_use]
pub fn slug(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn ids_hold_only_safe_characters() {
        for (text, id) in [
            ("Display name", "display-name"),
            ("hefty[0].x", "hefty-0--x"),
            ("é", "-"),
        ] {
            assert_eq!(slug(text), id);
        }
    }
}
