//! Where a visitor of the start page wanted to go, checked.

use types::ServerId;
use url::form_urlencoded::byte_serialize;

/// Opened when nothing, or nothing acceptable, was asked for.
pub(crate) const DEFAULT_PATH: &str = "/lab";
/// Longest path that is carried along.
const PATH_LENGTH_MAX: usize = 2_048;

/// A path on the server's own origin. Anything that a browser might read as another site (`//`,
/// a backslash, control characters, a scheme) becomes the default.
pub(crate) fn checked_path(next: Option<&str>) -> String {
    next.filter(|path| is_own_path(path))
        .unwrap_or(DEFAULT_PATH)
        .to_owned()
}

fn is_own_path(path: &str) -> bool {
    path.len() <= PATH_LENGTH_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        // The hand-over's own address would lead in a circle.
        && !path.starts_with("/_ledgercloud/")
}

/// The hub's address that leads into a running server, at this path.
pub(crate) fn open_url(server_id: ServerId, path: &str) -> String {
    format!("/open/{server_id}?path={}", encoded(path))
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pages::samples::server_id;

    #[test]
    fn own_paths_are_kept_and_others_are_not() {
        for path in [
            "/lab",
            "/lab/tree/a%20b.ipynb?factory=Notebook#cell-3",
            "/tree",
            "/",
        ] {
            assert_eq!(checked_path(Some(path)), path);
        }
        for path in [
            "",
            "lab",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/lab\nSet-Cookie: a=b",
            "/a\u{0}b",
            "/_ledgercloud/enter?ticket=x",
        ] {
            assert_eq!(checked_path(Some(path)), DEFAULT_PATH, "{path:?}");
        }
        assert_eq!(
            checked_path(Some(&format!("/{}", "a".repeat(3_000)))),
            DEFAULT_PATH
        );
        assert_eq!(checked_path(None), DEFAULT_PATH);
    }

    #[test]
    fn the_path_is_one_parameter() {
        let url = open_url(server_id("a"), "/lab?a=1&b=2#c");
        assert_eq!(
            url,
            format!("/open/{}?path=%2Flab%3Fa%3D1%26b%3D2%23c", server_id("a"))
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_the_result_stays_on_the_server(next in ".{0,80}") {
            let path = checked_path(Some(&next));
            prop_assert!(path.starts_with('/') && !path.starts_with("//"));
            let base = url::Url::parse("http://satoshi.localhost:3000").unwrap();
            let joined = base.join(&path).unwrap();
            prop_assert_eq!(joined.origin(), base.origin());
        }
    }
}
