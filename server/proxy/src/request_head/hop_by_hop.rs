//! Fields that end at each hop (RFC 9110 §7.6.1).

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName};

use crate::ProxyError;

/// Whether a field of this name, in lower case, is between neighbours only.
pub(crate) fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authentication-info"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "http2-settings"
    )
}

/// The members of all `Connection` fields.
pub(crate) fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|option| !option.is_empty())
}

/// Names in `Connection` fields are removed before forwarding; a field on which a check behind us
/// rests must not be removed that way.
pub(super) fn check_connection_options(headers: &HeaderMap) -> Result<(), ProxyError> {
    if connection_options(headers).any(names_end_to_end_field) {
        return Err(ProxyError::Malformed(
            "its connection field names an end-to-end field",
        ));
    }
    Ok(())
}

/// The further fields that the message itself declares to end here.
pub(crate) fn listed_fields(headers: &HeaderMap) -> Vec<HeaderName> {
    connection_options(headers)
        .filter(|option| !is_usual_option(option))
        .filter_map(|option| HeaderName::from_bytes(option.as_bytes()).ok())
        .collect()
}

/// Options that name no other field but those always removed: nothing to allocate for.
fn is_usual_option(option: &str) -> bool {
    ["keep-alive", "close", "upgrade"]
        .iter()
        .any(|usual| option.eq_ignore_ascii_case(usual))
}

fn names_end_to_end_field(option: &str) -> bool {
    const FIELDS: [&str; 12] = [
        "accept",
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "origin",
        "range",
        "referer",
        "x-xsrftoken",
        "cache-control",
    ];
    FIELDS
        .iter()
        .any(|field| option.eq_ignore_ascii_case(field))
        || option
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("sec-"))
}
