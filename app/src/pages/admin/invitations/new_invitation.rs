//! The form for an invitation link.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::account::Role;
use types::admin::{INVITATION_HOURS_MAX, INVITATION_USES_MAX};

use crate::actions::invitations::{MakeInvitation, NewInvitation};
use crate::pages::account::role_label;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{
    Button, ButtonKind, ButtonVariant, Card, IconName, InputKind, Outcome, Select, SelectOption,
    TextInput,
};

/// Longest note, in characters.
const NOTE_MAX: u32 = 100;
const GROUPS_MAX: u32 = 400;

/// For whom, what it gives, how often and how long.
#[component]
pub(super) fn NewInvitationForm(
    groups: Vec<String>,
    may_grant: bool,
    made: RwSignal<Option<NewInvitation>>,
    reread: Callback<()>,
) -> impl IntoView {
    let make = row_action::<MakeInvitation>();
    on_success(make, move |invitation| {
        made.set(Some(invitation));
        reread.run(());
    });
    view! {
        <Card title="New link">
            <ActionForm action=make attr:class="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
                <TextInput name="note" label="For whom" hint="Shown in the list below." length_max=NOTE_MAX />
                <Select name="role" label="Role" options=role_options(may_grant) />
                <TextInput name="groups" label="Groups" hint=groups_hint(&groups) length_max=GROUPS_MAX />
                <TextInput
                    name="uses"
                    label="How many people may use it"
                    kind=InputKind::Number
                    value="1"
                    hint=format!("1–{INVITATION_USES_MAX}")
                    required=true
                />
                <Select name="expires_in_hours" label="Works for" options=life_options() selected="168" />
                <div class="flex items-end">
                    <Button
                        kind=ButtonKind::Submit
                        variant=ButtonVariant::Primary
                        icon=IconName::Link
                        loading=make.pending()
                    >
                        "Make link"
                    </Button>
                </div>
                <div class="sm:col-span-2 lg:col-span-3"><Outcome result=outcome(make) /></div>
            </ActionForm>
        </Card>
    }
}

/// Nobody grants what they do not hold.
fn role_options(may_grant: bool) -> Vec<SelectOption> {
    let roles: &[Role] = if may_grant {
        &[Role::Member, Role::Administrator]
    } else {
        &[Role::Member]
    };
    roles
        .iter()
        .map(|role| SelectOption::new(role.as_str(), role_label(*role)))
        .collect()
}

fn life_options() -> Vec<SelectOption> {
    [("24", "1 day"), ("168", "7 days"), ("720", "30 days")]
        .into_iter()
        .map(|(hours, label)| SelectOption::new(hours, label))
        .chain(std::iter::once(SelectOption::new(
            INVITATION_HOURS_MAX.to_string(),
            "90 days",
        )))
        .collect()
}

fn groups_hint(groups: &[String]) -> String {
    const NAMES_SHOWN: usize = 6;
    match groups {
        [] => "Names, separated by commas.".to_owned(),
        names => format!(
            "Separated by commas: {}",
            names
                .iter()
                .take(NAMES_SHOWN)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}
