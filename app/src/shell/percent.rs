//! Percent-encoding of query values (RFC 3986 §2.1), the same on both sides.

/// A text as the value of a query parameter. `/` stays readable, as RFC 3986 §3.4 allows.
#[must_use]
pub fn encode_query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 0x0f] {
                encoded.push(
                    char::from_digit(u32::from(digit), 16)
                        .unwrap_or('0')
                        .to_ascii_uppercase(),
                );
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encode_query_value;

    #[test]
    fn only_safe_characters_stay() {
        for (text, encoded) in [
            ("/servers/1", "/servers/1"),
            (
                "/admin/users?search=a b&role=x",
                "/admin/users%3Fsearch%3Da%20b%26role%3Dx",
            ),
            ("é", "%C3%A9"),
            ("%2F#", "%252F%23"),
        ] {
            assert_eq!(encode_query_value(text), encoded);
        }
    }
}
