//! The address that a request comes from, also behind trusted reverse proxies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{Extensions, HeaderMap, Request};

/// Address of the peer: its socket's, or, if that is a trusted proxy, the last address of
/// `X-Forwarded-For` that is not one.
#[must_use]
pub fn address_of(parts: &Parts, trusted_proxies: &[IpAddr]) -> IpAddr {
    forwarded(peer_of(&parts.extensions), &parts.headers, trusted_proxies)
}

/// The same for a whole request.
#[must_use]
pub fn client_address<B>(request: &Request<B>, trusted_proxies: &[IpAddr]) -> IpAddr {
    forwarded(
        peer_of(request.extensions()),
        request.headers(),
        trusted_proxies,
    )
}

fn peer_of(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| {
            address.ip().to_canonical()
        })
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> IpAddr {
    if !trusted_proxies.contains(&peer) {
        return peer;
    }
    let mut hops = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|hop| hop.trim().parse::<IpAddr>())
        .collect::<Vec<_>>();
    while let Some(hop) = hops.pop() {
        match hop {
            Ok(ip) if trusted_proxies.contains(&ip) => {}
            Ok(ip) => return ip,
            Err(_) => return peer,
        }
    }
    peer
}

/// Text of a header for logs and audit: no control characters, at most `chars_max` characters.
#[must_use]
pub fn capped(text: &str, chars_max: usize) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(chars_max)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, header: &str, expected: &str) {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", header.parse().unwrap());
        let found = forwarded(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        check("192.0.2.1", "198.51.100.7", "192.0.2.1");
        check("10.0.0.1", "198.51.100.7", "198.51.100.7");
        check(
            "10.0.0.1",
            "203.0.113.9, 198.51.100.7, 10.0.0.2",
            "198.51.100.7",
        );
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("10.0.0.1", "", "10.0.0.1");
    }

    #[test]
    fn text_for_logs_is_capped() {
        assert_eq!(capped("a\n\u{1b}[31mb", 10), "a[31mb");
        assert_eq!(capped("aaaa", 2), "aa");
    }
}
