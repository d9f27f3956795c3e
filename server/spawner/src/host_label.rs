//! The first label of a server's own origin, made from its owner's and its own name.
//!
//! A label is made once and kept for the server's life, whatever is renamed. Names that are legal
//! labels stay readable (`alice`, `alice--run-2`); all others are cleaned and get the first eight
//! hexadecimal digits of a hash, so that two servers never share a label: no unaltered label has
//! that ending, and an owner's part never holds the double hyphen that separates it from the
//! server's.

use sha2::{Digest, Sha256};
use types::UserId;

use crate::server_name::ServerName;

/// Longest label of a domain name (RFC 1035 section 2.3.4).
pub const HOST_LABEL_CHARS_MAX: usize = 63;

/// `-` and eight hexadecimal digits.
const HASH_CHARS: usize = 9;

/// Labels with a meaning of their own; `xn` would begin an internationalised label (RFC 5890).
const RESERVED: [&str; 9] = [
    "admin",
    "api",
    "hub",
    "localhost",
    "mail",
    "static",
    "www",
    "xn",
    "ledgercloud",
];

/// The label of a server. `attempt` is 0, and rises while another server has the label already
/// (a former owner of the same name, or a hash that met its like).
#[must_use]
pub fn host_label(user_id: UserId, user_name: &str, name: &ServerName, attempt: u32) -> String {
    let wanted = if name.is_default() {
        user_name.to_owned()
    } else {
        format!("{user_name}--{}", name.as_str())
    };
    if attempt == 0
        && is_plain(user_name)
        && wanted.len() <= HOST_LABEL_CHARS_MAX
        && !ends_like_hash(&wanted)
    {
        return wanted;
    }
    let hash = Sha256::digest(format!(
        "{user_id}\n{user_name}\n{}\n{attempt}",
        name.as_str()
    ));
    let cleaned = cleaned(&wanted);
    let kept =
        cleaned[..cleaned.len().min(HOST_LABEL_CHARS_MAX - HASH_CHARS)].trim_end_matches('-');
    let kept = if kept.is_empty() { "user" } else { kept };
    format!("{kept}-{}", hex::encode(&hash[..4]))
}

/// Whether an owner's name is a label as it stands.
fn is_plain(user_name: &str) -> bool {
    !user_name.is_empty()
        && user_name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !user_name.starts_with('-')
        && !user_name.ends_with('-')
        && !user_name.contains("--")
        && !RESERVED.contains(&user_name)
}

fn ends_like_hash(label: &str) -> bool {
    let Some((_, tail)) = label.rsplit_once('-') else {
        return false;
    };
    tail.len() == HASH_CHARS - 1
        && tail
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Only `[a-z0-9-]`, no hyphen at either end, no two in a row.
fn cleaned(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        let letter = if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        };
        if letter != '-' || !(label.is_empty() || label.ends_with('-')) {
            label.push(letter);
        }
    }
    label.truncate(label.trim_end_matches('-').len());
    label
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const USER: UserId = UserId::from_parts(1, 1);

    fn label(user_name: &str, name: &str) -> String {
        let name = if name.is_empty() {
            ServerName::default_server()
        } else {
            ServerName::parse(name).unwrap()
        };
        host_label(USER, user_name, &name, 0)
    }

    #[test]
    fn readable_names_stay_as_they_are() {
        let wallet = format!("0x{}", "ab".repeat(20));
        for (user_name, name, expected) in [
            ("alice", "", "alice"),
            ("alice", "run-2", "alice--run-2"),
            (wallet.as_str(), "", wallet.as_str()),
            ("a-b", "c", "a-b--c"),
        ] {
            assert_eq!(label(user_name, name), expected);
        }
    }

    #[test]
    fn other_names_are_cleaned_and_hashed() {
        let wallet = format!("0x{}", "ab".repeat(20));
        for (user_name, name, start) in [
            ("Alice", "", "alice-"),
            ("al ice", "", "al-ice-"),
            ("a--b", "", "a-b-"),
            ("www", "", "www-"),
            ("xn", "a", "xn-a-"),
            ("日本", "", "user-"),
            ("bob-00c0ffee", "", "bob-00c0ffee-"),
            (wallet.as_str(), "twenty-seven-letters-long-a", &wallet),
        ] {
            let label = label(user_name, name);
            assert!(label.starts_with(start), "{label}");
            assert!(ends_like_hash(&label), "{label}");
        }
    }

    #[test]
    fn a_label_that_is_taken_gives_way_to_another() {
        let name = ServerName::default_server();
        let labels: Vec<_> = (0..3)
            .map(|attempt| host_label(USER, "alice", &name, attempt))
            .collect();
        assert_eq!(labels[0], "alice");
        assert_ne!(labels[1], labels[2]);
    }

    fn names() -> impl Strategy<Value = (String, String)> {
        let user = prop_oneof![
            "[a-z0-9-]{1,12}",
            "[a-cA-C .-]{1,6}",
            "\\PC{1,80}",
            "[a-z]{1,4}-[0-9a-f]{8}"
        ];
        let name = prop_oneof![
            Just(String::new()),
            "[a-z]([a-z0-9]{0,8}(-[a-z0-9]{1,8})?)?"
        ];
        (user, name)
    }

    proptest! {
        #[test]
        fn labels_are_legal_and_never_shared(pairs in proptest::collection::vec(names(), 1..40)) {
            let mut seen = HashMap::new();
            for (user_name, name) in pairs {
                let label = label(&user_name, &name);
                prop_assert!(!label.is_empty() && label.len() <= HOST_LABEL_CHARS_MAX);
                prop_assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
                prop_assert!(!label.starts_with('-') && !label.ends_with('-') && !label.starts_with("xn--"));
                if let Some(other) = seen.insert(label, (user_name.clone(), name.clone())) {
                    prop_assert_eq!(other, (user_name, name));
                }
            }
        }
    }
}
