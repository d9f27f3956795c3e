//! Invitation links: made once, shown once, revoked at any time.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use types::account::Role;
use types::admin::InvitationRow;
use types::{InvitationId, UserId};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::overseer;

/// An invitation that was just made: the only moment at which its link is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub link: String,
}

/// What the invitations page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationList {
    pub invitations: Vec<InvitationRow>,
    /// Groups that exist, as suggestions.
    pub groups: Vec<String>,
    /// Made by a form that was posted without JavaScript; shown by the next page, once.
    pub just_made: Option<NewInvitation>,
    /// The reader may invite administrators.
    pub may_grant: bool,
}

#[server(prefix = "/api", endpoint = "admin/invitations")]
pub async fn read_invitations() -> ActionResult<InvitationList> {
    let request = overseer()?;
    let identity = &request.services.identity;
    let groups = identity.groups(&request.context).await?;
    Ok(InvitationList {
        invitations: identity.invitations(&request.context).await?,
        groups: groups.into_iter().map(|(_, name, _)| name).collect(),
        just_made: super::hand_over::take(&request, HAND_OVER_KEY),
        may_grant: request.viewer.is_administrator,
    })
}

/// Makes a link. `groups` are names, separated by commas or semicolons.
#[server(prefix = "/api", endpoint = "admin/invite")]
pub async fn make_invitation(
    #[server(default)] note: String,
    role: Role,
    #[server(default)] groups: String,
    uses: u32,
    expires_in_hours: u32,
) -> ActionResult<NewInvitation> {
    use types::admin::InvitationRequest;

    let request = overseer()?;
    let invitation = InvitationRequest {
        note: note.trim().to_owned(),
        role,
        groups: group_names(&groups),
        uses,
        expires_in_hours,
    };
    let identity = &request.services.identity;
    let (id, secret) = identity.invite(&request.context, invitation).await?;
    let made = NewInvitation {
        id,
        link: identity.join_link(&secret),
    };
    super::hand_over::keep_for_plain_form(&request, HAND_OVER_KEY, &made);
    Ok(made)
}

/// Makes a personal link for somebody who has no way to sign in yet; an older one stops working.
#[server(prefix = "/api", endpoint = "admin/invite_user")]
pub async fn invite_user(user_id: UserId) -> ActionResult<NewInvitation> {
    let request = overseer()?;
    let identity = &request.services.identity;
    let (id, secret) = identity.invite_user(&request.context, user_id).await?;
    let made = NewInvitation {
        id,
        link: identity.join_link(&secret),
    };
    let key = personal_key(user_id);
    super::hand_over::keep_for_plain_form(&request, &key, &made);
    Ok(made)
}

/// Makes a link useless at once.
#[server(prefix = "/api", endpoint = "admin/revoke_invitation")]
pub async fn revoke_invitation(invitation_id: InvitationId) -> ActionResult<()> {
    let request = overseer()?;
    let identity = &request.services.identity;
    Ok(identity
        .revoke_invitation(&request.context, invitation_id)
        .await?)
}

#[cfg(feature = "ssr")]
const HAND_OVER_KEY: &str = "page.new_invitation";

/// Under which a personal link waits for the page of its user.
#[cfg(feature = "ssr")]
pub(super) fn personal_key(user_id: UserId) -> String {
    format!("page.invitation_of.{user_id}")
}

/// The names in a list that people write: `analysts, research; desk 4`.
#[cfg(any(feature = "ssr", test))]
fn group_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text
        .split([',', ';'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_lists_are_split_trimmed_and_named_once() {
        for (text, names) in [
            ("", vec![]),
            (" ; ,", vec![]),
            ("analysts", vec!["analysts"]),
            (
                "analysts, research;desk 4 ,analysts",
                vec!["analysts", "research", "desk 4"],
            ),
        ] {
            assert_eq!(group_names(text), names, "{text:?}");
        }
    }
}
