//! Role, and whether the account may be used.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::account::Role;
use types::admin::UserRow;

use crate::actions::admin::{ReinstateUser, SetRole, SuspendUser};
use crate::pages::account::role_label;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::dialog::close_dialog;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, Card, Dialog, DialogButton, DialogClose, DialogFooter,
    IconName, Outcome, Select, SelectOption,
};

const SUSPEND_DIALOG: &str = "suspend-user";

/// What only administrators decide. One's own account is left to others.
#[component]
pub(super) fn Standing(user: UserRow, is_self: bool, reread: Callback<()>) -> impl IntoView {
    let is_suspended = user.suspended_at.is_some();
    view! {
        <Card title="Role and access">
            <div class="grid gap-5">
                <RoleForm user=user.clone() reread />
                {match (is_self, is_suspended) {
                    (true, _) => view! {
                        <p class="text-sm text-muted">"This is you. Another administrator can suspend this account."</p>
                    }
                    .into_any(),
                    (false, true) => view! { <Reinstate user reread /> }.into_any(),
                    (false, false) => view! { <Suspend user reread /> }.into_any(),
                }}
            </div>
        </Card>
    }
}

#[component]
fn RoleForm(user: UserRow, reread: Callback<()>) -> impl IntoView {
    let change = row_action::<SetRole>();
    on_success(change, move |()| reread.run(()));
    let options = [Role::Member, Role::Administrator]
        .map(|role| SelectOption::new(role.as_str(), role_label(role)))
        .to_vec();
    view! {
        <ActionForm action=change attr:class="grid gap-3">
            <input type="hidden" name="user_id" value=user.user_id.to_string() />
            <Select
                name="role"
                label="Role"
                options
                selected=user.role.as_str()
                hint="Administrators may do everything. The last one stays."
            />
            <div class="flex flex-wrap items-center gap-3">
                <Button kind=ButtonKind::Submit loading=change.pending()>"Set role"</Button>
                <Outcome result=outcome(change) />
            </div>
        </ActionForm>
    }
}

#[component]
fn Suspend(user: UserRow, reread: Callback<()>) -> impl IntoView {
    let suspend = row_action::<SuspendUser>();
    on_success(suspend, move |()| {
        close_dialog(SUSPEND_DIALOG);
        reread.run(());
    });
    view! {
        <div>
            <DialogButton dialog=SUSPEND_DIALOG variant=ButtonVariant::Danger icon=IconName::Lock>
                "Suspend"
            </DialogButton>
            <Dialog
                id=SUSPEND_DIALOG
                title=format!("Suspend {}?", user.display_name)
                description="Their sessions end now, open notebooks close, servers stop, and they cannot sign in. Files stay."
            >
                <ActionForm action=suspend>
                    <input type="hidden" name="user_id" value=user.user_id.to_string() />
                    <Outcome result=outcome(suspend) />
                    <DialogFooter>
                        <DialogClose dialog=SUSPEND_DIALOG>"Leave as it is"</DialogClose>
                        <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger loading=suspend.pending()>
                            "Suspend user"
                        </Button>
                    </DialogFooter>
                </ActionForm>
            </Dialog>
        </div>
    }
}

#[component]
fn Reinstate(user: UserRow, reread: Callback<()>) -> impl IntoView {
    let reinstate = row_action::<ReinstateUser>();
    on_success(reinstate, move |()| reread.run(()));
    view! {
        <ActionForm action=reinstate attr:class="flex flex-wrap items-center gap-3">
            <input type="hidden" name="user_id" value=user.user_id.to_string() />
            <p class="text-sm text-muted">"Suspended: cannot sign in."</p>
            <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary loading=reinstate.pending()>"Reinstate"</Button>
            <Outcome result=outcome(reinstate) />
        </ActionForm>
    }
}
