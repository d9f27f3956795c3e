//! A way in for somebody who was put on a list without a wallet.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::UserId;

use crate::actions::invitations::{InviteUser, NewInvitation};
use crate::pages::admin::invitations::MadeLink;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{Button, ButtonKind, Card, IconName, Outcome};

/// Makes a link that only this account can be opened with; an older one stops working.
#[component]
pub(super) fn PersonalLink(user_id: UserId, just_made: Option<NewInvitation>) -> impl IntoView {
    let invite = row_action::<InviteUser>();
    let made = RwSignal::new(just_made);
    on_success(invite, move |invitation| made.set(Some(invitation)));
    view! {
        <Card
            title="Personal link"
            description="No wallet is linked yet. With this link they link one, or sign in with a provider."
        >
            <div class="grid gap-3">
                <MadeLink made />
                <ActionForm action=invite attr:class="flex flex-wrap items-center gap-3">
                    <input type="hidden" name="user_id" value=user_id.to_string() />
                    <Button kind=ButtonKind::Submit icon=IconName::Link loading=invite.pending()>
                        "Make personal link"
                    </Button>
                    <Outcome result=outcome(invite) />
                </ActionForm>
            </div>
        </Card>
    }
}
