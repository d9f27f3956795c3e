//! Which server a host name means: `alice.localhost:3000` → `alice`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Longest DNS label (RFC 1035 §2.3.4).
const LABEL_LENGTH_MAX: usize = 63;

const PLACEHOLDER: &str = "{label}";

/// The label of a server in `authority` (the `Host` field), in lower case.
///
/// The rest of the host must equal the pattern, ignoring case; the port must be there or absent
/// exactly as in the pattern. User information, escapes, slashes, backslashes and a trailing dot
/// make it no host of ours.
#[must_use]
pub fn host_label<'a>(authority: &'a str, pattern: &HostPattern) -> Option<Cow<'a, str>> {
    let label = strip_prefix_ignoring_case(authority, &pattern.before)?;
    let label = strip_suffix_ignoring_case(label, &pattern.after)?;
    if !is_label(label) {
        return None;
    }
    if label.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Cow::Owned(label.to_ascii_lowercase()));
    }
    Some(Cow::Borrowed(label))
}

/// Origins of the notebook servers, such as `http://{label}.localhost:3000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    scheme: Scheme,
    /// Lower case, before the label.
    before: String,
    /// Lower case, after the label, with the port if there is one.
    after: String,
}

/// How browsers reach the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl HostPattern {
    /// The origin of one server.
    #[must_use]
    pub fn origin(&self, label: &str) -> String {
        format!(
            "{}://{}{label}{}",
            self.scheme.as_str(),
            self.before,
            self.after
        )
    }

    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether `origin` (an `Origin` field, RFC 6454) is the origin of the server at `authority`.
    #[must_use]
    pub fn is_origin_of(&self, origin: &str, authority: &str) -> bool {
        strip_prefix_ignoring_case(origin, self.scheme.as_str())
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|host| host.eq_ignore_ascii_case(authority))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}://{}{PLACEHOLDER}{}",
            self.scheme.as_str(),
            self.before,
            self.after
        )
    }
}

/// The text is not a pattern of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not like http://{{label}}.example.org:3000")]
pub struct InvalidHostPattern(String);

impl FromStr for HostPattern {
    type Err = InvalidHostPattern;

    fn from_str(text: &str) -> Result<Self, InvalidHostPattern> {
        parse_pattern(text).ok_or_else(|| InvalidHostPattern(text.chars().take(200).collect()))
    }
}

fn parse_pattern(text: &str) -> Option<HostPattern> {
    let (scheme, authority) = match text.split_once("://") {
        Some(("http", authority)) => (Scheme::Http, authority),
        Some(("https", authority)) => (Scheme::Https, authority),
        Some(_) => return None,
        None => (Scheme::Http, text),
    };
    let authority = authority
        .strip_suffix('/')
        .unwrap_or(authority)
        .to_ascii_lowercase();
    let (before, after) = authority.split_once(PLACEHOLDER)?;
    let (domain, port) = match after.split_once(':') {
        Some((domain, port)) => (domain, Some(port)),
        None => (after, None),
    };
    // The label must end where the pattern says, and the parent domain must be a real one.
    let label_is_first = before.bytes().all(is_label_byte) && domain_continues_label(domain);
    let port_is_number = port.is_none_or(|port| {
        port.parse::<u16>()
            .is_ok_and(|n| n > 0 && n.to_string() == port)
    });
    if !label_is_first || !port_is_number {
        return None;
    }
    // Browsers leave the scheme's own port out of `Host` and `Origin`.
    let own_port = match scheme {
        Scheme::Http => ":80",
        Scheme::Https => ":443",
    };
    let after = after.strip_suffix(own_port).unwrap_or(after);
    Some(HostPattern {
        scheme,
        before: before.to_owned(),
        after: after.to_owned(),
    })
}

/// `-nb.example.org` or `.localhost`: the end of the label, then at least one parent label.
fn domain_continues_label(domain: &str) -> bool {
    let mut labels = domain.split('.');
    let label_end = labels.next().unwrap_or_default();
    let mut parents = labels.peekable();
    label_end.bytes().all(is_label_byte) && parents.peek().is_some() && parents.all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_LENGTH_MAX).contains(&label.len())
        && label
            .bytes()
            .all(|byte| is_label_byte(byte.to_ascii_lowercase()))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

const fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    fn check(pattern_text: &str, authority: &str, expected: Option<&str>) {
        assert_eq!(
            host_label(authority, &pattern(pattern_text)).as_deref(),
            expected,
            "{authority} by {pattern_text}"
        );
    }

    #[test]
    fn labels_are_found() {
        let local = "http://{label}.localhost:3000";
        check(local, "alice.localhost:3000", Some("alice"));
        check(local, "ALICE.LocalHost:3000", Some("alice"));
        check(local, "a-1.localhost:3000", Some("a-1"));
        check(
            "{label}.localhost:3000",
            "alice.localhost:3000",
            Some("alice"),
        );
        check(
            "https://{label}.nb.example.org",
            "alice.nb.example.org",
            Some("alice"),
        );
        check(
            "https://{label}.nb.example.org:443/",
            "alice.nb.example.org",
            Some("alice"),
        );
        check(
            "https://nb-{label}.example.org",
            "nb-alice.example.org",
            Some("alice"),
        );
        check(
            "https://{label}-nb.example.org",
            "alice-nb.example.org",
            Some("alice"),
        );
    }

    #[test]
    fn other_hosts_have_no_label() {
        let local = "http://{label}.localhost:3000";
        for authority in [
            "",
            "localhost:3000",
            ".localhost:3000",
            "alice.localhost",
            "alice.localhost:3001",
            "alice.localhost:03000",
            "alice.localhost:3000:3000",
            "alice.localhost.:3000",
            "alice.bob.localhost:3000",
            "-alice.localhost:3000",
            "alice-.localhost:3000",
            "al_ice.localhost:3000",
            "al%2fice.localhost:3000",
            "al/ice.localhost:3000",
            "al\\ice.localhost:3000",
            "al%5cice.localhost:3000",
            "bob@alice.localhost:3000",
            "alice.localhost:3000@evil.example",
            "alice.localhost:3000/",
            " alice.localhost:3000",
            "älice.localhost:3000",
            "[::1]:3000",
            "alice.localhost:3000\t",
        ] {
            check(local, authority, None);
        }
        check(
            "https://{label}.nb.example.org",
            "alice.nb.example.org:443",
            None,
        );
        check(local, &format!("{}.localhost:3000", "a".repeat(64)), None);
        check(
            local,
            &format!("{}.localhost:3000", "a".repeat(63)),
            Some(&"a".repeat(63)),
        );
    }

    #[test]
    fn patterns_are_checked() {
        for text in [
            "",
            "http://localhost:3000",
            "ftp://{label}.localhost",
            "http://{label}",
            "http://{label}:3000",
            "http://{label}.",
            "http://{label}.localhost:0",
            "http://{label}.localhost:99999",
            "http://{label}.localhost:03",
            "http://x.{label}.localhost",
            "http://{label}.{label}.localhost",
            "http://{label}.local host",
            "http://{label}.localhost/path",
            "http://u@{label}.localhost",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn origins_are_compared_whole() {
        let pattern = pattern("http://{label}.localhost:3000");
        let host = "alice.localhost:3000";
        assert_eq!(pattern.origin("alice"), "http://alice.localhost:3000");
        for (origin, same) in [
            ("http://alice.localhost:3000", true),
            ("HTTP://Alice.localhost:3000", true),
            ("https://alice.localhost:3000", false),
            ("http://bob.localhost:3000", false),
            ("http://alice.localhost", false),
            ("http://alice.localhost:3000/", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(pattern.is_origin_of(origin, host), same, "{origin}");
        }
    }

    proptest! {
        #[test]
        fn every_label_comes_back(label in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", upper in any::<bool>()) {
            for text in ["http://{label}.localhost:3000", "https://n-{label}-x.example.org"] {
                let pattern = pattern(text);
                let origin = pattern.origin(&label);
                let authority = origin.split_once("://").unwrap().1;
                let sent = if upper { authority.to_ascii_uppercase() } else { authority.to_owned() };
                let found = host_label(&sent, &pattern);
                prop_assert_eq!(found.as_deref(), Some(label.as_str()));
                prop_assert!(pattern.is_origin_of(&origin, &sent));
            }
        }

        #[test]
        fn a_label_names_exactly_one_host(authority in "\\PC{0,80}") {
            let pattern = pattern("http://{label}.localhost:3000");
            if let Some(label) = host_label(&authority, &pattern) {
                prop_assert_eq!(format!("{label}.localhost:3000"), authority.to_ascii_lowercase());
            }
        }

        #[test]
        fn patterns_round_trip(before in "[a-z0-9-]{0,5}", domain in "[a-z]{1,8}(\\.[a-z]{1,8}){0,2}", port in prop::option::of(1_u16..)) {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let text = format!("https://{before}{{label}}.{domain}{port}");
            let parsed = text.parse::<HostPattern>().unwrap();
            prop_assert_eq!(parsed.to_string().parse::<HostPattern>().unwrap(), parsed);
        }
    }
}
