//! Where a person goes after signing in: a path of this site, whatever the link said.

/// Most bytes of a path that is remembered.
const NEXT_BYTES_MAX: usize = 2_048;

/// Where people go when nothing else is asked.
pub const HOME_PATH: &str = "/dashboard";

/// The path and query to go to, or none when `text` could lead a browser to another site.
///
/// Browsers read `\` as `/`, drop tabs and line ends, and take `//host` as another origin; what a
/// proxy or framework decodes once more may become any of these (CVE-2019-10255,
/// CVE-2026-33709 of JupyterHub). So the text must be a plain path before and after decoding.
#[must_use]
pub fn checked_next(text: &str) -> Option<String> {
    if text.len() > NEXT_BYTES_MAX || !is_plain_path(text) {
        return None;
    }
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let mut decoded = path.to_owned();
    for _ in 0..DECODINGS_MAX {
        let next = percent_decoded(&decoded)?;
        if next == decoded {
            return is_plain_path(&decoded).then(|| text.to_owned());
        }
        decoded = next;
    }
    None
}

/// Layers of percent-encoding that a real path may have.
const DECODINGS_MAX: usize = 3;

fn is_plain_path(text: &str) -> bool {
    let rest = match text.strip_prefix('/') {
        Some(rest) => rest,
        None => return false,
    };
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    // An empty segment anywhere may end up in front once dots are resolved.
    let is_clear = !path.contains("//") && !path.starts_with('/');
    let has_dots = path
        .split('/')
        .any(|segment| segment == "." || segment == "..");
    is_clear
        && !has_dots
        && !path.contains('\\')
        && !text
            .chars()
            .any(|character| character.is_control() || character == ' ' || character == '\\')
}

/// The text with its percent-encodings decoded once; none when they are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair = bytes.get(index + 1..index + 3);
        let value = match (bytes[index], pair) {
            (b'%', Some(pair)) => std::str::from_utf8(pair)
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        decoded.push(value.unwrap_or(bytes[index]));
        index += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_of_this_site_are_kept() {
        for text in [
            "/",
            "/dashboard",
            "/open/01k?path=/lab/tree/my%20notebook.ipynb",
            "/admin/users?search=a&role=member#row",
            "/start/alice?next=https://example.org/",
        ] {
            assert_eq!(checked_next(text).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn other_sites_are_not() {
        for text in [
            "",
            "dashboard",
            "https://evil.example",
            "javascript:alert(1)",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/%2Fevil.example",
            "/%2f%2fevil.example",
            "/%5Cevil.example",
            "/%255Cevil.example",
            "/%25255Cevil.example",
            "/%09/evil.example",
            "/%0d%0aLocation:evil",
            "/./\\evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/a//evil.example",
            "/user@evil.example\\",
            "/%ff",
        ] {
            assert_eq!(checked_next(text), None, "{text:?}");
        }
        assert_eq!(checked_next(&format!("/{}", "a".repeat(3_000))), None);
    }

    proptest! {
        /// However a browser resolves it against this site, it stays there.
        #[test]
        fn never_leaves_the_origin(text in r"[/\\.%a25fFcC:@?#\t \n-]{0,16}") {
            if let Some(next) = checked_next(&text) {
                let here = url::Url::parse("https://hub.example/sign-in").unwrap();
                prop_assert_eq!(here.join(&next).unwrap().origin(), here.origin());
            }
        }
    }
}
