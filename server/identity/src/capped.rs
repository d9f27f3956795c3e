//! Text from outside, made safe for logs and records.

/// Characters of a name, path, header or address that a record keeps.
pub const CAPPED_CHARS_MAX: usize = 128;

/// The text without control characters (which forge log lines) and without the invisible marks
/// that reorder what is read, cut to [`CAPPED_CHARS_MAX`] characters.
#[must_use]
pub fn capped(text: &str) -> String {
    capped_to(text, CAPPED_CHARS_MAX)
}

/// [`capped`] with another length, in characters.
#[must_use]
pub fn capped_to(text: &str, chars_max: usize) -> String {
    text.chars()
        .filter(|character| !is_deceptive(*character))
        .take(chars_max)
        .collect()
}

/// Control characters, line separators, and the bidirectional marks of "Trojan Source"
/// (CVE-2021-42574), zero-width characters among them.
#[must_use]
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_cannot_be_forged() {
        for (text, kept) in [
            ("alice", "alice"),
            ("a\nb\r\tc\0", "abc"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("zero\u{200b}width", "zerowidth"),
            ("\u{1b}[31mred", "[31mred"),
        ] {
            assert_eq!(capped(text), kept);
        }
    }

    proptest! {
        #[test]
        fn is_short_and_visible(text in "(?s).{0,400}") {
            let kept = capped(&text);
            prop_assert!(kept.chars().count() <= CAPPED_CHARS_MAX);
            prop_assert!(!kept.chars().any(is_deceptive));
            prop_assert_eq!(capped(&kept), kept);
        }
    }
}
