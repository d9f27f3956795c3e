//! Paths on a server's origin that belong to the hub.

/// The gatekeeper answers what is under it, on each server's origin; no server ever sees it.
pub const RESERVED_PATH_PREFIX: &str = "/_ledgercloud/";

/// Whether a server could take `path` for one under [`RESERVED_PATH_PREFIX`], after decoding
/// percent-encodings (also twice), joining slashes and resolving dots (RFC 3986 §5.2.4).
pub(crate) fn is_reserved(path: &str) -> bool {
    let bytes = path.as_bytes();
    // Nearly all paths: no escapes, no dot segments, and not our word in front.
    let is_plain = !bytes.contains(&b'%') && !path.contains("/.") && !path.contains("//");
    if is_plain {
        return first_segment_is_reserved(bytes.get(1..).unwrap_or_default());
    }
    let mut decoded = bytes.to_vec();
    for _ in 0..DECODINGS_MAX {
        let next = percent_decoded(&decoded);
        if resolves_to_reserved(&next) || resolves_to_reserved(&decoded) {
            return true;
        }
        if next == decoded {
            return false;
        }
        decoded = next;
    }
    // Escaped more often than any sensible program: it may mean anything.
    true
}

/// Rounds of percent-decoding after which a path counts as an attack.
const DECODINGS_MAX: usize = 4;

fn resolves_to_reserved(path: &[u8]) -> bool {
    let mut resolved: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| matches!(byte, b'/' | b'\\')) {
        match segment {
            b"" | b"." => {}
            b".." => {
                resolved.pop();
            }
            _ => resolved.push(segment),
        }
    }
    resolved
        .first()
        .is_some_and(|segment| first_segment_is_reserved(segment))
}

fn first_segment_is_reserved(rest: &[u8]) -> bool {
    let segment = rest
        .split(|&byte| matches!(byte, b'/' | b'\\' | b';'))
        .next()
        .unwrap_or_default();
    segment.eq_ignore_ascii_case(RESERVED_PATH_PREFIX.trim_matches('/').as_bytes())
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if byte == b'%' => hex_value(*high).zip(hex_value(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    decoded
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn disguises_are_seen_through() {
        for reserved in [
            "/_ledgercloud",
            "/_ledgercloud/",
            "/_ledgercloud/enter",
            "/_LedgerCloud/enter",
            "//_ledgercloud/enter",
            "/./_ledgercloud/enter",
            "/lab/../_ledgercloud/enter",
            "/../_ledgercloud/enter",
            "/%5fledgercloud/enter",
            "/%5Fledgerclou%64%2Fenter",
            "/%255fledgercloud/enter",
            "/lab/%2e%2e/_ledgercloud/",
            "/lab%2f..%2f_ledgercloud/",
            "/.\\_ledgercloud/",
            "/%5c_ledgercloud/",
            "/_ledgercloud;x=1/enter",
            "/%2525252541",
        ] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for free in [
            "/",
            "/lab",
            "/_ledgercloudx/",
            "/lab/_ledgercloud/",
            "/api/contents/a%2Fb%20c/..",
            "/files/100%.txt",
            "/files/%zz",
            "/files/%25",
            "/files//x/./y",
            "/static/_ledgercloud",
        ] {
            assert!(!is_reserved(free), "{free}");
        }
    }

    proptest! {
        #[test]
        fn escaping_any_letters_hides_nothing(mask in any::<u16>(), rounds in 1_usize..3) {
            let mut path = "_ledgercloud".to_owned();
            for _ in 0..rounds {
                path = path
                    .bytes()
                    .enumerate()
                    .map(|(position, byte)| {
                        if mask >> (position % 16) & 1 == 1 {
                            format!("%{byte:02x}")
                        } else {
                            char::from(byte).to_string()
                        }
                    })
                    .collect();
            }
            let path = format!("/{path}/enter");
            prop_assert!(is_reserved(&path));
        }

        #[test]
        fn paths_elsewhere_stay_free(path in "(/[a-z0-9~.%-]{1,12}){1,4}") {
            prop_assume!(!path.contains("%2525"));
            prop_assert!(!is_reserved(&path), "{}", path);
        }
    }
}
