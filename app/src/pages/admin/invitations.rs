//! Invitation links: make one, see which are open, revoke.

mod made;
mod new_invitation;

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::Timestamp;
use types::admin::InvitationRow;

pub(super) use made::MadeLink;
use new_invitation::NewInvitationForm;

use super::tabs::AdminTabs;
use crate::actions::invitations::{
    InvitationList, MakeInvitation, RevokeInvitation, read_invitations,
};
use crate::pages::account::role_label;
use crate::pages::form::{PostedFailure, on_success, outcome, row_action};
use crate::pages::loading::loaded;
use crate::shell::RequireManager;
use crate::ui::time::use_now;
use crate::ui::{
    Badge, Button, ButtonKind, Card, Cell, Column, ControlSize, EmptyState, IconName, Outcome,
    PageHeader, Table, Time, Tone, with_short_addresses,
};

/// `/admin/invitations`.
#[component]
pub fn InvitationsPage() -> impl IntoView {
    view! {
        <RequireManager let:viewer>
            <div class="page">
                <PageHeader title="Invitations" description="Links that let people in who are not on any list yet." />
                <AdminTabs viewer current="/admin/invitations" />
                <LoadedInvitations />
            </div>
        </RequireManager>
    }
}

#[component]
fn LoadedInvitations() -> impl IntoView {
    let list = Resource::new_blocking(|| (), |()| read_invitations());
    let reread = Callback::new(move |()| list.refetch());
    // Outside of what is read again: the link that was just made must stay on the page.
    let made = RwSignal::new(None);
    view! {
        <div class="grid gap-4">
            <PostedFailure<MakeInvitation> />
            <PostedFailure<RevokeInvitation> />
            <MadeLink made />
            {loaded(list, move |list| view! { <Invitations list made reread /> })}
        </div>
    }
}

#[component]
fn Invitations(
    list: InvitationList,
    made: RwSignal<Option<crate::actions::invitations::NewInvitation>>,
    reread: Callback<()>,
) -> impl IntoView {
    let InvitationList {
        invitations,
        groups,
        just_made,
        may_grant,
    } = list;
    view! {
        {just_made.map(|invitation| view! { <MadeLink made=RwSignal::new(Some(invitation)) /> })}
        <NewInvitationForm groups may_grant made reread />
        <Card title="Links" flush=true>
            {match invitations.is_empty() {
                true => view! {
                    <EmptyState icon=IconName::Link title="No links yet">
                        <p>"Make one above and send it to those whom you want here."</p>
                    </EmptyState>
                }
                .into_any(),
                false => invitation_table(invitations, reread).into_any(),
            }}
        </Card>
    }
}

fn invitation_table(invitations: Vec<InvitationRow>, reread: Callback<()>) -> impl IntoView {
    let columns = vec![
        Column::new("For whom"),
        Column::new("Gives"),
        Column::numeric("Uses left"),
        Column::new("Made"),
        Column::new("Expires"),
        Column::new("State"),
        Column::actions("Revoke"),
    ];
    view! {
        <Table caption="Invitation links" columns>
            {invitations.into_iter().map(|row| view! { <InvitationLine row reread /> }).collect_view()}
        </Table>
    }
}

#[component]
fn InvitationLine(row: InvitationRow, reread: Callback<()>) -> impl IntoView {
    let revoke = row_action::<RevokeInvitation>();
    on_success(revoke, move |()| reread.run(()));
    let now = use_now();
    let (uses_left, expires_at, revoked_at) = (row.uses_left, row.expires_at, row.revoked_at);
    let state = Memo::new(move |_| state(uses_left, expires_at, revoked_at, now.get()));
    let groups = row.groups.join(", ");
    view! {
        <tr>
            <Cell label="For whom">{if row.note.is_empty() { "–".to_owned() } else { row.note }}</Cell>
            <Cell label="Gives">
                {role_label(row.role)}{(!groups.is_empty()).then(|| format!(" in {groups}"))}
            </Cell>
            <Cell label="Uses left" numeric=true>{row.uses_left}</Cell>
            <Cell label="Made"><Time at=row.created_at /> " by " {with_short_addresses(&row.created_by)}</Cell>
            <Cell label="Expires"><Time at=row.expires_at /></Cell>
            <Cell label="State">
                {move || { let (tone, word) = state.get().badge(); view! { <Badge tone>{word}</Badge> } }}
            </Cell>
            <Cell label="Revoke" actions=true>
                <Show when=move || state.get() == LinkState::Open>
                    <ActionForm action=revoke>
                        <input type="hidden" name="invitation_id" value=row.id.to_string() />
                        <Button kind=ButtonKind::Submit size=ControlSize::Small loading=revoke.pending()>"Revoke"</Button>
                        <Outcome result=outcome(revoke) />
                    </ActionForm>
                </Show>
            </Cell>
        </tr>
    }
}

/// What a link is good for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Open,
    UsedUp,
    Expired,
    Revoked,
}

impl LinkState {
    const fn badge(self) -> (Tone, &'static str) {
        match self {
            Self::Open => (Tone::Positive, "Open"),
            Self::UsedUp => (Tone::Neutral, "Used up"),
            Self::Expired => (Tone::Neutral, "Expired"),
            Self::Revoked => (Tone::Neutral, "Revoked"),
        }
    }
}

fn state(
    uses_left: u32,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
    now: Timestamp,
) -> LinkState {
    match (revoked_at, uses_left) {
        (Some(_), _) => LinkState::Revoked,
        (None, 0) => LinkState::UsedUp,
        _ if expires_at <= now => LinkState::Expired,
        _ => LinkState::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::NOW;

    #[test]
    fn a_link_says_what_it_is_good_for() {
        let later = NOW.plus_ms(1);
        for (uses_left, expires_at, revoked_at, expected) in [
            (1, later, None, LinkState::Open),
            (0, later, None, LinkState::UsedUp),
            (1, NOW, None, LinkState::Expired),
            (1, later, Some(NOW), LinkState::Revoked),
        ] {
            assert_eq!(state(uses_left, expires_at, revoked_at, NOW), expected);
        }
    }
}
