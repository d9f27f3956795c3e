//! The form above the list of users. It is a GET form: what it says becomes the address.

use leptos::prelude::*;
use leptos_router::components::Form;
use types::account::Role;
use types::admin::{UserQuery, UserSort, UserStatusFilter};

use crate::actions::admin::GroupSummary;
use crate::pages::admin::address::{sort_value, status_value};
use crate::ui::{Button, ButtonKind, IconName, LinkButton, SearchField, Select, SelectOption};

/// Search, role, group, status and order.
#[component]
pub(super) fn UserFilter(query: UserQuery, groups: Vec<GroupSummary>) -> impl IntoView {
    let is_filtered = UserQuery {
        page: Default::default(),
        ..query.clone()
    } != UserQuery::default();
    let role = query.role.map(Role::as_str).unwrap_or_default();
    view! {
        <Form method="GET" action="/admin/users" attr:class="flex flex-wrap items-end gap-3">
            <div class="min-w-56 flex-1">
                <SearchField
                    name="search"
                    label="Name, e-mail or wallet"
                    value=query.search.clone().unwrap_or_default()
                />
            </div>
            <Select name="role" label="Role" options=role_options() selected=role />
            <Select
                name="group"
                label="Group"
                options=group_options(&groups, query.group.as_deref())
                selected=query.group.clone().unwrap_or_default()
            />
            <Select name="status" label="Status" options=status_options() selected=status_value(query.status) />
            <Select name="sort" label="Order" options=sort_options() selected=sort_value(query.sort) />
            <Button kind=ButtonKind::Submit icon=IconName::Filter>"Show"</Button>
            {is_filtered.then(|| view! { <LinkButton href="/admin/users">"Reset"</LinkButton> })}
        </Form>
    }
}

fn role_options() -> Vec<SelectOption> {
    vec![
        SelectOption::new("", "Any role"),
        SelectOption::new(Role::Administrator.as_str(), "Administrators"),
        SelectOption::new(Role::Member.as_str(), "Members"),
    ]
}

/// The groups that the reader may see, and the one that the address names even if it is gone.
fn group_options(groups: &[GroupSummary], selected: Option<&str>) -> Vec<SelectOption> {
    let mut options = vec![SelectOption::new("", "Any group")];
    options.extend(groups.iter().map(|group| {
        SelectOption::new(&group.name, format!("{} ({})", group.name, group.members))
    }));
    if let Some(name) = selected
        && !groups.iter().any(|group| group.name == name)
    {
        options.push(SelectOption::new(name, name));
    }
    options
}

fn status_options() -> Vec<SelectOption> {
    [
        (UserStatusFilter::All, "Any status"),
        (UserStatusFilter::Active, "Active"),
        (UserStatusFilter::Suspended, "Suspended"),
    ]
    .map(|(status, label)| SelectOption::new(status_value(status), label))
    .to_vec()
}

fn sort_options() -> Vec<SelectOption> {
    [
        (UserSort::Name, "By name"),
        (UserSort::NewestFirst, "Newest first"),
        (UserSort::LastSeenFirst, "Last seen first"),
    ]
    .map(|(sort, label)| SelectOption::new(sort_value(sort), label))
    .to_vec()
}
