//! Names of people and groups. Every path that sets a name goes through these constructors.

use types::account::DISPLAY_NAME_CHARS_MAX;
use types::{ApiError, ErrorCode, WalletAddress};

use crate::capped::is_deceptive;

/// Characters of a user's or group's name.
const NAME_CHARS_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const EMAIL_BYTES_MAX: usize = 254;

/// A user's unique name: lower-case, visible, without `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

impl UserName {
    /// Reads a name that a person wrote. One that looks like a wallet address is refused: such a
    /// name belongs to whoever holds the wallet ([`Self::of_wallet`]).
    ///
    /// # Errors
    /// `identity.name_invalid` with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let name = checked_name(text, "a user name")?.to_lowercase();
        // The lower case of some letters is longer, or has marks that a name may not have.
        checked_name(&name, "a user name")?;
        if looks_like_address(&name) {
            return Err(invalid(
                "a name cannot look like a wallet address; write the address in the wallet column",
            ));
        }
        Ok(Self(name))
    }

    /// The name of a person known by a wallet: the address in lower case.
    #[must_use]
    pub fn of_wallet(address: WalletAddress) -> Self {
        Self(address.to_lower_hex())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Candidates for the name of a person known by a wallet, best first. The address itself may be
/// the name of somebody who has taken that wallet off their account since; `salt` tells apart.
#[must_use]
pub fn names_of_wallet(address: WalletAddress, salt: &str) -> Vec<UserName> {
    let name = UserName::of_wallet(address);
    let salted = UserName(format!("{}-{}", name.as_str(), salt.to_lowercase()));
    vec![name, salted]
}

/// Candidates for the name of a person known by an OAuth identity, best first. The last is unique
/// to the identity.
#[must_use]
pub fn names_of_identity(
    preferred: Option<&str>,
    provider: &str,
    identity_hash: &str,
) -> Vec<UserName> {
    let short_hash: String = identity_hash.chars().take(8).collect();
    let long_hash: String = identity_hash.chars().take(32).collect();
    let kept: String = preferred
        .unwrap_or_default()
        .chars()
        .map(|character| if character == ' ' { '.' } else { character })
        .filter(|character| is_name_character(*character))
        .take(NAME_CHARS_MAX - 16)
        .collect();
    let mut names = Vec::new();
    if let Ok(name) = UserName::parse(&kept) {
        names.push(name.clone());
        names.push(UserName(format!("{}-{short_hash}", name.as_str())));
    }
    names.push(UserName(format!("{}-{long_hash}", provider.to_lowercase())));
    names
}

/// Reads the name of a group: as a user's name, with upper-case letters allowed.
///
/// # Errors
/// `identity.name_invalid` with the rule that is broken.
pub fn group_name(text: &str) -> Result<String, ApiError> {
    checked_name(text, "a group name").map(str::to_owned)
}

/// Reads a display name: visible text without line ends.
///
/// # Errors
/// `identity.name_invalid`.
pub fn display_name(text: &str) -> Result<String, ApiError> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > DISPLAY_NAME_CHARS_MAX as usize || name.chars().any(is_deceptive) {
        return Err(invalid(format!(
            "a display name has 1 to {DISPLAY_NAME_CHARS_MAX} visible characters"
        ))
        .with_field("display_name"));
    }
    Ok(name.to_owned())
}

/// Reads an e-mail address: a label that decides nothing, so only its shape is checked.
///
/// # Errors
/// `bad_request`.
pub fn email(text: &str) -> Result<String, ApiError> {
    let wrong = || {
        ApiError::new(
            ErrorCode::BadRequest,
            "an e-mail address looks like name@example.org",
        )
        .with_field("email")
    };
    let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    let is_visible = !text
        .chars()
        .any(|character| is_deceptive(character) || character.is_whitespace());
    let is_domain = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    if local.is_empty()
        || local.contains('@')
        || !is_domain
        || !is_visible
        || text.len() > EMAIL_BYTES_MAX
    {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

fn checked_name<'a>(text: &'a str, what: &str) -> Result<&'a str, ApiError> {
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX {
        return Err(invalid(format!(
            "{what} has 1 to {NAME_CHARS_MAX} characters"
        )));
    }
    if text.trim() != text {
        return Err(invalid(format!(
            "{what} neither starts nor ends with a space"
        )));
    }
    if let Some(character) = text
        .chars()
        .find(|character| !is_name_character(*character))
    {
        let shown: String = character.escape_debug().collect();
        return Err(invalid(format!(
            "{what} has letters, digits, spaces and . _ - + @ only, not {shown}"
        )));
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Err(invalid(format!("{what} has at least one letter or digit")));
    }
    // A text that begins like a formula would run in the spreadsheet that opens a report.
    if !text.starts_with(char::is_alphanumeric) && !text.starts_with('_') {
        return Err(invalid(format!(
            "{what} starts with a letter, a digit or _"
        )));
    }
    Ok(text)
}

fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '+' | '@' | ' ')
}

fn looks_like_address(name: &str) -> bool {
    name.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::NameInvalid, message).with_field("name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_lower_case_and_visible() {
        for (text, name) in [
            ("Alice", "alice"),
            ("al ice", "al ice"),
            ("ÄRGER", "ärger"),
            ("a.b-c_d+e@f", "a.b-c_d+e@f"),
        ] {
            assert_eq!(UserName::parse(text).unwrap().as_str(), name);
        }
        let too_long = "a".repeat(65);
        for text in [
            "",
            " alice",
            "alice ",
            "a/b",
            "a\nb",
            "a\u{202e}b",
            "=cmd",
            "-a",
            "@x",
            "...",
            &too_long,
        ] {
            assert_eq!(
                UserName::parse(text).unwrap_err().code,
                ErrorCode::NameInvalid,
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_address_is_a_name_only_for_its_wallet() {
        let text = "0x52908400098527886E0F7030069857D2E4169EE7";
        assert!(UserName::parse(text).is_err());
        assert_eq!(
            UserName::of_wallet(text.parse().unwrap()).as_str(),
            text.to_lowercase()
        );
    }

    #[test]
    fn an_identity_never_gets_a_name_like_an_address() {
        let names = names_of_identity(
            Some("0x52908400098527886E0F7030069857D2E4169EE7"),
            "demo",
            &"ab".repeat(32),
        );
        assert!(
            names.iter().all(|name| !looks_like_address(name.as_str())),
            "{names:?}"
        );
        let names = names_of_identity(Some("Ada Lovelace"), "demo", &"ab".repeat(32));
        assert_eq!(names[0].as_str(), "ada.lovelace");
        assert_eq!(names[1].as_str(), "ada.lovelace-abababab");
        assert_eq!(
            names_of_identity(Some("///"), "demo", &"cd".repeat(32)).len(),
            1
        );
    }

    #[test]
    fn emails_have_the_shape_of_one() {
        assert!(email("a.b+c@example.org").is_ok());
        for text in [
            "", "a", "@b.c", "a@b", "a b@c.d", "a@b..c", "a@b@c.d", "a\n@b.c",
        ] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_itself(text in "\\PC{0,70}") {
            if let Ok(name) = UserName::parse(&text) {
                prop_assert_eq!(UserName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
