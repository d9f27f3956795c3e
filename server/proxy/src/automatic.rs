//! What an open page of JupyterLab asks and says by itself, every few seconds for as long as it is
//! open (JupyterLab 4: the polls of its service managers, of the file browser and of the list of
//! workspaces). It says that a page is open and nothing about a person.

use http::request::Parts;
use http::{Method, Uri};

/// Such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automatic {
    /// A poll. Its answer cannot change while the server is frozen.
    Question,
    /// The layout of the page, kept at each poll whether it has changed or not.
    Statement,
}

const QUESTIONS: [&str; 7] = [
    "/api/kernels",
    "/api/kernelspecs",
    "/api/me",
    "/api/sessions",
    "/api/status",
    "/api/terminals",
    "/lab/api/workspaces",
];
/// The file browser asks for the folder that it shows with exactly this query.
const FOLDER_PATH: &str = "/api/contents";
const FOLDER_QUERY: &str = "content=1&hash=0";
const STATEMENT_PATH: &str = "/lab/api/workspaces/";

/// What kind of automatic request it is; none for whatever a person may be behind.
#[must_use]
pub fn automatic(parts: &Parts) -> Option<Automatic> {
    let path = parts.uri.path();
    if parts.method == Method::PUT && path.starts_with(STATEMENT_PATH) {
        return Some(Automatic::Statement);
    }
    if parts.method != Method::GET {
        return None;
    }
    let is_question = if path.starts_with(FOLDER_PATH) {
        lasting_query(&parts.uri) == FOLDER_QUERY
    } else {
        QUESTIONS.contains(&path) && lasting_query(&parts.uri).is_empty()
    };
    is_question.then_some(Automatic::Question)
}

/// What the same request has in common each time: method, path and query without the number that
/// JupyterLab adds to keep caches from answering.
pub(crate) fn lasting_part(parts: &Parts) -> String {
    format!(
        "{} {}?{}",
        parts.method,
        parts.uri.path(),
        lasting_query(&parts.uri)
    )
}

fn lasting_query(uri: &Uri) -> String {
    let is_lasting =
        |part: &&str| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(is_lasting)
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, uri: &str) -> Parts {
        let request = http::Request::builder().method(method).uri(uri);
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn polls_are_told_from_what_people_do() {
        let (question, statement) = (Some(Automatic::Question), Some(Automatic::Statement));
        for (method, uri, expected) in [
            ("GET", "/api/kernels?1795277495217", question),
            ("GET", "/api/terminals", question),
            (
                "GET",
                "/api/contents?content=1&hash=0&1795277495217",
                question,
            ),
            ("GET", "/api/contents/Welcome?content=1&hash=0&1", question),
            ("GET", "/lab/api/workspaces?1", question),
            ("PUT", "/lab/api/workspaces/default?1", statement),
            (
                "GET",
                "/api/contents/a.ipynb?type=notebook&content=1&hash=1",
                None,
            ),
            ("GET", "/api/kernels/0c0f", None),
            ("GET", "/api/kernels?x=1", None),
            ("GET", "/lab/api/workspaces/default", None),
            ("POST", "/api/kernels", None),
            ("PUT", "/api/contents/a.ipynb", None),
            ("GET", "/lab", None),
        ] {
            assert_eq!(automatic(&parts(method, uri)), expected, "{method} {uri}");
        }
    }

    #[test]
    fn the_number_against_caches_makes_no_difference() {
        let one = lasting_part(&parts("GET", "/api/contents?content=1&hash=0&17"));
        let another = lasting_part(&parts("GET", "/api/contents?content=1&hash=0&18"));
        assert_eq!(one, another);
        assert_eq!(one, "GET /api/contents?content=1&hash=0");
    }
}
