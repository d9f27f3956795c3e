//! Where a peer is.

use url::Url;

/// The origin of a peer's HTTP interface, and a path before `/rpc` if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerOrigin(Url);

/// Why a text is not such an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    #[error("{0:?} is no URL: {1}")]
    Url(String, url::ParseError),
    #[error("{0:?} is neither http:// nor https://")]
    Scheme(String),
    #[error("{0:?} has a query or a fragment; only the origin of the peer is wanted")]
    MoreThanOrigin(String),
}

impl PeerOrigin {
    /// Reads an origin. `/rpc` at its end may be there or not.
    ///
    /// # Errors
    /// It is none, or more than one.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let mut url =
            Url::parse(text).map_err(|error| InvalidOrigin::Url(text.to_owned(), error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidOrigin::Scheme(text.to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidOrigin::MoreThanOrigin(text.to_owned()));
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/rpc").unwrap_or(path).to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The host as it resolves, without the brackets of IPv6, and the port.
    #[must_use]
    pub fn host_and_port(&self) -> (&str, u16) {
        let host = self.0.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (host, self.0.port_or_known_default().unwrap_or_default())
    }

    /// An address under `/rpc/sync/`.
    pub(super) fn join(&self, name: &str) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}/rpc/sync/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

/// Without a password that may be in it: this is shown and logged.
impl std::fmt::Display for PeerOrigin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = self.0.clone();
        // Fails only where there is no host, which http has always.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        formatter.write_str(shown.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_people_write_them() {
        let check = |text: &str, expected: &str| {
            let origin = PeerOrigin::parse(text).map(|origin| origin.join("status").to_string());
            assert_eq!(origin.as_deref(), Ok(expected), "{text}");
        };
        check("http://a:3000", "http://a:3000/rpc/sync/status");
        check("http://a:3000/", "http://a:3000/rpc/sync/status");
        check("https://a/rpc", "https://a/rpc/sync/status");
        check("https://a/rpc/", "https://a/rpc/sync/status");
        check("https://a/node1/rpc", "https://a/node1/rpc/sync/status");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in ["", "a:3000", "ws://a", "http://a/?x=1", "http://a/#x"] {
            assert!(PeerOrigin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let origin = PeerOrigin::parse("https://user:secret@a/").unwrap();
        assert_eq!(origin.to_string(), "https://a");
    }
}
