//! What a list shows is kept in its address, so that it can be linked to, reloaded and gone back
//! to, and so that its forms work without JavaScript.

use types::PageRequest;
use types::account::Role;
use types::admin::{UserQuery, UserSort, UserStatusFilter};
use types::audit::AuditQuery;
use types::notebook::{ServerQuery, ServerState};
use url::form_urlencoded::Serializer;

/// Longest search text that is passed on.
const SEARCH_LENGTH_MAX: usize = 100;

/// A parameter of the address; blank is none.
pub(crate) fn parameter(value: Option<&str>) -> Option<String> {
    value
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| text.chars().take(SEARCH_LENGTH_MAX).collect())
}

/// `path?key=value…` of the parameters that have a value.
pub(crate) fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (key, value) in parameters {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn page(after: Option<&str>) -> PageRequest {
    // Keys are made by the server; a long one is no key of ours.
    let after = after
        .filter(|after| !after.is_empty() && after.len() <= 512)
        .map(str::to_owned);
    PageRequest { after, limit: None }
}

/// Which users the address asks for. Unknown values are as if they were not there.
pub(crate) fn user_query<'a>(get: impl Fn(&str) -> Option<&'a str>) -> UserQuery {
    UserQuery {
        search: parameter(get("search")),
        role: get("role").and_then(role),
        group: parameter(get("group")),
        status: get("status").and_then(status).unwrap_or_default(),
        sort: get("sort").and_then(sort).unwrap_or_default(),
        page: page(get("after")),
    }
}

/// The address of the page of users after this key.
pub(crate) fn user_address(query: &UserQuery, after: Option<&str>) -> String {
    let status = (query.status != UserStatusFilter::default()).then(|| status_value(query.status));
    let sort = (query.sort != UserSort::default()).then(|| sort_value(query.sort));
    address(
        "/admin/users",
        &[
            ("search", query.search.as_deref()),
            ("role", query.role.map(Role::as_str)),
            ("group", query.group.as_deref()),
            ("status", status),
            ("sort", sort),
            ("after", after),
        ],
    )
}

fn role(text: &str) -> Option<Role> {
    [Role::Administrator, Role::Member]
        .into_iter()
        .find(|role| role.as_str() == text)
}

const STATUSES: [UserStatusFilter; 3] = [
    UserStatusFilter::All,
    UserStatusFilter::Active,
    UserStatusFilter::Suspended,
];

pub(crate) const fn status_value(status: UserStatusFilter) -> &'static str {
    match status {
        UserStatusFilter::All => "all",
        UserStatusFilter::Active => "active",
        UserStatusFilter::Suspended => "suspended",
    }
}

fn status(text: &str) -> Option<UserStatusFilter> {
    STATUSES
        .into_iter()
        .find(|status| status_value(*status) == text)
}

const SORTS: [UserSort; 3] = [
    UserSort::Name,
    UserSort::NewestFirst,
    UserSort::LastSeenFirst,
];

pub(crate) const fn sort_value(sort: UserSort) -> &'static str {
    match sort {
        UserSort::Name => "name",
        UserSort::NewestFirst => "newest_first",
        UserSort::LastSeenFirst => "last_seen_first",
    }
}

fn sort(text: &str) -> Option<UserSort> {
    SORTS.into_iter().find(|sort| sort_value(*sort) == text)
}

/// Which servers the address asks for.
pub(crate) fn server_query<'a>(get: impl Fn(&str) -> Option<&'a str>) -> ServerQuery {
    ServerQuery {
        search: parameter(get("search")),
        state: get("state").and_then(ServerState::parse),
        page: page(get("after")),
    }
}

/// The address of the page of servers after this key.
pub(crate) fn server_address(query: &ServerQuery, after: Option<&str>) -> String {
    address(
        "/admin/servers",
        &[
            ("search", query.search.as_deref()),
            ("state", query.state.map(ServerState::as_str)),
            ("after", after),
        ],
    )
}

/// Which entries of the audit log the address asks for.
pub(crate) fn audit_query<'a>(get: impl Fn(&str) -> Option<&'a str>) -> AuditQuery {
    AuditQuery {
        action: parameter(get("action")),
        actor: parameter(get("actor")),
        target: parameter(get("target")),
        page: page(get("after")),
    }
}

/// The address of the page of entries after this key.
pub(crate) fn audit_address(query: &AuditQuery, after: Option<&str>) -> String {
    address(
        "/admin/audit",
        &[
            ("action", query.action.as_deref()),
            ("actor", query.actor.as_deref()),
            ("target", query.target.as_deref()),
            ("after", after),
        ],
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn parameters(address: &str) -> HashMap<String, String> {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    fn users_of(address: &str) -> UserQuery {
        let parameters = parameters(address);
        user_query(|key| parameters.get(key).map(String::as_str))
    }

    #[test]
    fn a_plain_list_has_a_plain_address() {
        assert_eq!(user_address(&UserQuery::default(), None), "/admin/users");
        assert_eq!(
            server_address(&ServerQuery::default(), None),
            "/admin/servers"
        );
        assert_eq!(
            audit_address(&AuditQuery::default(), Some("k 1")),
            "/admin/audit?after=k+1"
        );
    }

    #[test]
    fn unknown_values_are_ignored() {
        let query = users_of("/admin/users?role=king&status=odd&sort=up&search=++&group=");
        assert_eq!(query, UserQuery::default());
    }

    #[test]
    fn every_filter_reads_back() {
        for status in STATUSES {
            for sort in SORTS {
                for role in [None, Some(Role::Administrator), Some(Role::Member)] {
                    let query = UserQuery {
                        status,
                        sort,
                        role,
                        ..UserQuery::default()
                    };
                    assert_eq!(users_of(&user_address(&query, None)), query);
                }
            }
        }
        for state in ServerState::ALL {
            let query = ServerQuery {
                state: Some(state),
                ..ServerQuery::default()
            };
            let parameters = parameters(&server_address(&query, None));
            assert_eq!(
                server_query(|key| parameters.get(key).map(String::as_str)),
                query
            );
        }
    }

    proptest! {
        #[test]
        fn any_search_text_reads_back(search in "[^\\s]{1,40}", group in "[^\\s]{1,40}", after in "[^\\s]{1,40}") {
            let query = UserQuery { search: Some(search), group: Some(group), ..UserQuery::default() };
            let read = users_of(&user_address(&query, Some(&after)));
            prop_assert_eq!(read.page.after, Some(after));
            prop_assert_eq!((read.search, read.group), (query.search, query.group));
        }
    }
}
