//! The groups of a user, and what the user is in them.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::account::Membership;
use types::admin::UserRow;

use crate::actions::admin::{GroupSummary, SetMembership};
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{
    Badge, Button, ButtonKind, ButtonVariant, Card, ControlSize, Outcome, Select, SelectOption,
    TextInput, Tone,
};

/// Longest name of a group, in characters.
const GROUP_NAME_MAX: u32 = 60;

/// The user's groups, each with its buttons, and a form for one more.
#[component]
pub(super) fn Groups(
    user: UserRow,
    groups: Vec<GroupSummary>,
    reread: Callback<()>,
) -> impl IntoView {
    let user_id = user.user_id.to_string();
    let rows = user
        .memberships
        .into_iter()
        .map(|membership| view! { <GroupRow user_id=user_id.clone() membership reread /> })
        .collect_view();
    view! {
        <Card title="Groups" description="Managers see and steer the servers of a group's members.">
            <ul class="grid divide-y divide-line" aria-label="Groups">{rows}</ul>
            <AddToGroup user_id=user_id.clone() groups reread />
        </Card>
    }
}

#[component]
fn GroupRow(user_id: String, membership: Membership, reread: Callback<()>) -> impl IntoView {
    let change = row_action::<SetMembership>();
    on_success(change, move |()| reread.run(()));
    let (standing, label) = if membership.is_manager {
        ("member", "Make member")
    } else {
        ("manager", "Make manager")
    };
    view! {
        <li class="flex flex-wrap items-center justify-between gap-2 py-2">
            <span class="flex items-center gap-2">
                {membership.group.clone()}
                {membership.is_manager.then(|| view! { <Badge tone=Tone::Accent>"Manager"</Badge> })}
            </span>
            <ActionForm action=change attr:class="flex flex-wrap gap-2">
                <input type="hidden" name="user_id" value=user_id />
                <input type="hidden" name="group" value=membership.group />
                {standing_button(change, standing, label, ButtonVariant::Secondary)}
                {standing_button(change, "none", "Remove", ButtonVariant::Ghost)}
            </ActionForm>
            <Outcome result=outcome(change) />
        </li>
    }
}

fn standing_button(
    change: ServerAction<SetMembership>,
    standing: &'static str,
    label: &'static str,
    variant: ButtonVariant,
) -> impl IntoView {
    view! {
        <Button
            kind=ButtonKind::Submit
            variant
            size=ControlSize::Small
            name="standing"
            value=standing
            disabled=change.pending()
        >
            {label}
        </Button>
    }
}

#[component]
fn AddToGroup(user_id: String, groups: Vec<GroupSummary>, reread: Callback<()>) -> impl IntoView {
    let add = row_action::<SetMembership>();
    on_success(add, move |()| reread.run(()));
    let options = vec![
        SelectOption::new("member", "Member"),
        SelectOption::new("manager", "Manager"),
    ];
    view! {
        <ActionForm action=add attr:class="mt-3 grid gap-3 sm:grid-cols-2">
            <input type="hidden" name="user_id" value=user_id />
            <TextInput name="group" label="Group" hint=known_groups(&groups) length_max=GROUP_NAME_MAX required=true />
            <Select name="standing" label="As" options />
            <div class="flex flex-wrap items-center gap-3 sm:col-span-2">
                <Button kind=ButtonKind::Submit loading=add.pending()>"Add to group"</Button>
                <Outcome result=outcome(add) />
            </div>
        </ActionForm>
    }
}

/// The names that exist, a few of them, and that there may be others.
fn known_groups(groups: &[GroupSummary]) -> String {
    const NAMES_SHOWN: usize = 8;
    if groups.is_empty() {
        return "There are no groups yet: a new name makes one.".to_owned();
    }
    let names: Vec<&str> = groups
        .iter()
        .take(NAMES_SHOWN)
        .map(|group| group.name.as_str())
        .collect();
    let more = if groups.len() > NAMES_SHOWN {
        ", …"
    } else {
        ""
    };
    format!("{}{more}; a new name makes a new group.", names.join(", "))
}
