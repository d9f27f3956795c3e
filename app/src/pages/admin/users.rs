//! The list of users: search, filters, order, pages.

mod filter;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::account::Role;
use types::admin::{UserQuery, UserRow, UserSort};

use filter::UserFilter;

use super::address::{user_address, user_query};
use super::tabs::AdminTabs;
use crate::actions::admin::{UserList, read_users};
use crate::pages::loading::loaded;
use crate::shell::RequireManager;
use crate::ui::{
    Address, Badge, Card, Cell, Column, EmptyState, IconName, PageHeader, Pager, SortDirection,
    Table, Time, Tone,
};

/// `/admin/users`.
#[component]
pub fn UsersPage() -> impl IntoView {
    view! {
        <RequireManager let:viewer>
            <div class="page">
                <PageHeader title="Users" description="Who may sign in, and what they may do." />
                <AdminTabs viewer current="/admin/users" />
                <LoadedUsers />
            </div>
        </RequireManager>
    }
}

#[component]
fn LoadedUsers() -> impl IntoView {
    let parameters = use_query_map();
    let query =
        Memo::new(move |_| parameters.with(|parameters| user_query(|key| parameters.get_str(key))));
    let list = Resource::new_blocking(move || query.get(), read_users);
    loaded(
        list,
        move |list| view! { <Users list query=query.get_untracked() /> },
    )
}

#[component]
fn Users(list: UserList, query: UserQuery) -> impl IntoView {
    let UserList { page, groups, .. } = list;
    let is_first = query.page.after.is_none();
    let first = (!is_first).then(|| user_address(&query, None));
    let next = page
        .next
        .as_deref()
        .map(|after| user_address(&query, Some(after)));
    let shown = format!("{} users on this page", page.items.len());
    view! {
        <div class="grid gap-4">
            <UserFilter query=query.clone() groups />
            <Card flush=true>
                {match page.items.is_empty() {
                    true => view! {
                        <EmptyState icon=IconName::User title="Nobody fits">
                            <p>"Change the search or the filters."</p>
                        </EmptyState>
                    }
                    .into_any(),
                    false => user_table(page.items, &query).into_any(),
                }}
                <Pager first next shown />
            </Card>
        </div>
    }
}

fn user_table(users: Vec<UserRow>, query: &UserQuery) -> impl IntoView + use<> {
    let columns = vec![
        sorted(
            Column::new("User"),
            query,
            UserSort::Name,
            SortDirection::Ascending,
        ),
        Column::new("Wallets"),
        Column::new("Role and groups"),
        Column::new("Status"),
        sorted(
            Column::new("Last seen"),
            query,
            UserSort::LastSeenFirst,
            SortDirection::Descending,
        ),
        sorted(
            Column::new("Made"),
            query,
            UserSort::NewestFirst,
            SortDirection::Descending,
        ),
    ];
    view! {
        <Table caption="Users" columns>
            {users.into_iter().map(|user| view! { <UserLine user /> }).collect_view()}
        </Table>
    }
}

/// A head that leads to the first page in this order.
fn sorted(column: Column, query: &UserQuery, sort: UserSort, direction: SortDirection) -> Column {
    let address = user_address(
        &UserQuery {
            sort,
            ..query.clone()
        },
        None,
    );
    column.sorted_by(address, (query.sort == sort).then_some(direction))
}

#[component]
fn UserLine(user: UserRow) -> impl IntoView {
    let (offices, status) = (offices(&user), status_badge(&user));
    let email = user.email.map(|email| format!(" · {email}"));
    view! {
        <tr>
            <Cell label="User">
                <a class="link" href=format!("/admin/users/{}", user.user_id)>{user.display_name}</a>
                <br />
                <span class="text-sm break-all text-muted">{user.name}{email}</span>
            </Cell>
            <Cell label="Wallets">
                {user.wallets.into_iter().map(|address| view! { <Address address /> " " }).collect_view()}
            </Cell>
            <Cell label="Role and groups">{offices}</Cell>
            <Cell label="Status">{status}</Cell>
            <Cell label="Last seen">
                {match user.last_seen_at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="text-muted">"never"</span> }.into_any(),
                }}
            </Cell>
            <Cell label="Made"><Time at=user.created_at /></Cell>
        </tr>
    }
}

/// Role and groups as badges.
pub(super) fn offices(user: &UserRow) -> impl IntoView + use<> {
    let role = (user.role == Role::Administrator)
        .then(|| view! { <Badge tone=Tone::Accent>"Administrator"</Badge> " " });
    let groups = user
        .memberships
        .iter()
        .map(|membership| {
            let office = if membership.is_manager {
                " (manager)"
            } else {
                ""
            };
            let group = membership.group.clone();
            view! { <Badge>{group}{office}</Badge> " " }
        })
        .collect_view();
    (role, groups)
}

/// Suspended, limited in time, or active.
pub(super) fn status_badge(user: &UserRow) -> impl IntoView + use<> {
    match (user.suspended_at, user.expires_at) {
        (Some(at), _) => {
            view! { <Badge tone=Tone::Danger>"Suspended"</Badge> " " <Time at /> }.into_any()
        }
        (None, Some(at)) => {
            view! { <Badge tone=Tone::Warning>"Expires"</Badge> " " <Time at /> }.into_any()
        }
        (None, None) => view! { <Badge tone=Tone::Positive>"Active"</Badge> }.into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use types::Timestamp;

    use super::*;
    use crate::pages::samples::user_row;
    use crate::rendered::html;

    #[test]
    fn a_row_says_who_what_and_whether() {
        let mut suspended = user_row();
        suspended.suspended_at = Some(Timestamp(0));
        suspended.display_name = "<b>Eve</b>".into();
        let shown = html(|| user_table(vec![user_row(), suspended], &UserQuery::default()));
        for needle in [
            "Satoshi",
            "satoshi@example.org",
            "analysts",
            "(manager)",
            "Active",
            "Suspended",
            "&lt;b&gt;Eve",
        ] {
            assert!(shown.contains(needle), "{needle} is missing in {shown}");
        }
        assert!(
            shown.contains("aria-sort=\"ascending\""),
            "the list is in the order of names"
        );
    }
}
