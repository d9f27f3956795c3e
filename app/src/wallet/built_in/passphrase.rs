//! Rules for the passphrase that locks a key, and a hint at how well it does.

use zeroize::Zeroizing;

/// Whoever copies the file can try passphrases without limit, so length is what counts.
pub const LENGTH_MIN: usize = 12;
/// In bytes: beyond any sentence that a person types.
pub const LENGTH_MAX: usize = 512;

/// A passphrase that may lock a new key. Wiped when dropped.
pub struct NewPassphrase(Zeroizing<String>);

/// Why a passphrase is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseRefused {
    #[error("use at least {LENGTH_MIN} characters: a few words that nobody would guess are best")]
    TooShort,
    #[error("use at most {LENGTH_MAX} bytes")]
    TooLong,
    #[error("this is too easy to guess: use a few unrelated words")]
    Guessable,
    #[error("the two passphrases differ")]
    Differ,
}

/// How hard a passphrase is to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    TooShort,
    Guessable,
    Fair,
    Good,
}

impl Strength {
    /// For people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TooShort => "too short",
            Self::Guessable => "too easy to guess",
            Self::Fair => "fair: another word would make it good",
            Self::Good => "good",
        }
    }
}

impl NewPassphrase {
    /// Takes what was typed twice.
    ///
    /// # Errors
    /// Too short, too long, easily guessed, or not twice the same.
    pub fn new(typed: Zeroizing<String>, repeated: &str) -> Result<Self, PassphraseRefused> {
        if typed.len() > LENGTH_MAX {
            return Err(PassphraseRefused::TooLong);
        }
        match strength(&typed) {
            Strength::TooShort => return Err(PassphraseRefused::TooShort),
            Strength::Guessable => return Err(PassphraseRefused::Guessable),
            Strength::Fair | Strength::Good => {}
        }
        if *typed != repeated {
            return Err(PassphraseRefused::Differ);
        }
        Ok(Self(typed))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Characters that are worth something: a repetition or the next one of a row (`aaa`, `1234`,
/// `qwerty`) adds nothing, and a word that everyone tries counts as one character.
#[must_use]
pub fn strength(passphrase: &str) -> Strength {
    if passphrase.chars().count() < LENGTH_MIN {
        return Strength::TooShort;
    }
    match worth(passphrase) {
        0..=8 => Strength::Guessable,
        9..=15 => Strength::Fair,
        _ => Strength::Good,
    }
}

const TRIED_FIRST: [&str; 12] = [
    "password",
    "passphrase",
    "passwort",
    "ledgercloud",
    "stoxus",
    "ethereum",
    "bitcoin",
    "letmein",
    "welcome",
    "admin",
    "jupyter",
    "wallet",
];
const ROWS: [&str; 4] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];

fn worth(passphrase: &str) -> usize {
    let mut text = passphrase.to_lowercase();
    for word in TRIED_FIRST {
        text = text.replace(word, "\u{1}");
    }
    let characters: Vec<char> = text.chars().collect();
    let mut distinct: Vec<char> = characters.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let steps = characters
        .windows(2)
        .filter(|pair| !is_predictable(pair[0], pair[1]))
        .count();
    // Few different characters, however often, are few possibilities.
    (steps + 1).min(distinct.len() * 2)
}

fn is_predictable(previous: char, next: char) -> bool {
    let distance = (previous as i64 - next as i64).abs();
    distance <= 1
        || ROWS
            .iter()
            .any(|row| row.contains(&format!("{previous}{next}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths() {
        for (passphrase, expected) in [
            ("", Strength::TooShort),
            ("Tr0ub4dor&3", Strength::TooShort),
            ("aaaaaaaaaaaaaaaa", Strength::Guessable),
            ("123456789012", Strength::Guessable),
            ("abababababababababab", Strength::Guessable),
            ("qwertyuiopasdf", Strength::Guessable),
            ("passwordpassword", Strength::Guessable),
            ("LedgerCloud12345", Strength::Guessable),
            ("maple tent 9x", Strength::Fair),
            ("correct horse battery staple", Strength::Good),
            ("東京タワーから見る夕日は綺麗だ", Strength::Fair),
        ] {
            assert_eq!(strength(passphrase), expected, "{passphrase}");
        }
    }

    #[test]
    fn a_new_passphrase_is_typed_twice() {
        let take = |typed: &str, repeated: &str| {
            NewPassphrase::new(Zeroizing::new(typed.to_owned()), repeated)
                .map(|passphrase| passphrase.as_bytes().to_vec())
        };
        let good = "correct horse battery staple";
        assert_eq!(take(good, good), Ok(good.as_bytes().to_vec()));
        assert_eq!(
            take(good, "correct horse battery stable"),
            Err(PassphraseRefused::Differ)
        );
        assert_eq!(take("short", "short"), Err(PassphraseRefused::TooShort));
        assert_eq!(
            take(&"word ".repeat(200), ""),
            Err(PassphraseRefused::TooLong)
        );
        assert_eq!(
            take("aaaaaaaaaaaaaaaa", ""),
            Err(PassphraseRefused::Guessable)
        );
    }
}
