//! Users, groups and everyone's servers, for administrators and managers of groups.
//!
//! What a manager may see and do is decided by `identity`; a page that asks for more is refused.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};
use types::account::Role;
use types::admin::{UserQuery, UserRow};
use types::notebook::{ServerQuery, ServerView};
use types::{GroupId, Page, ServerId, UserId};

use super::error::ActionResult;
use super::invitations::NewInvitation;

#[cfg(feature = "ssr")]
use super::authority::{may_manage, overseer};
#[cfg(feature = "ssr")]
use super::invitations::personal_key;

/// A group as the filter and the forms offer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    pub group_id: GroupId,
    pub name: String,
    pub members: u64,
}

/// What a user is to be in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupStanding {
    /// Not in it.
    None,
    Member,
    /// May see and steer the servers of its members.
    Manager,
}

/// What a user's page shows to those who oversee them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserDetail {
    pub user: UserRow,
    pub servers: Vec<ServerView>,
    pub groups: Vec<GroupSummary>,
    /// The reader looks at themselves.
    pub is_self: bool,
    /// The reader may grant roles and suspend.
    pub may_grant: bool,
    /// A personal link, made by a form that was posted without JavaScript; shown once.
    pub just_made: Option<NewInvitation>,
}

/// One page of the users whom the reader may see, and the groups to filter by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserList {
    pub page: Page<UserRow>,
    pub groups: Vec<GroupSummary>,
    pub may_grant: bool,
}

/// What an engine can do on this machine, and what it found that no server owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineDetail {
    pub engine: String,
    /// `sandbox (bubblewrap)`, `none`, …
    pub isolation: String,
    pub is_isolated: bool,
    pub limits: String,
    pub freeze: String,
    /// What is missing and how to get it, a sentence each.
    pub remarks: Vec<String>,
    /// Running instances without a server; the hub ends them.
    pub orphans: Vec<ServerId>,
}

#[server(prefix = "/api", endpoint = "admin/users", input = Json)]
pub async fn read_users(query: UserQuery) -> ActionResult<UserList> {
    let request = overseer()?;
    let identity = &request.services.identity;
    Ok(UserList {
        page: identity.users(&request.context, &query).await?,
        groups: group_summaries(&request).await?,
        may_grant: request.viewer.is_administrator,
    })
}

#[server(prefix = "/api", endpoint = "admin/user")]
pub async fn read_user(user_id: UserId) -> ActionResult<UserDetail> {
    let request = overseer()?;
    let user = request
        .services
        .identity
        .user(&request.context, user_id)
        .await?;
    // A manager sees an administrator who is in their group, but not the administrator's servers.
    let servers = if may_manage(&request, user_id).await? {
        request.services.spawner.servers_of(user_id).await?
    } else {
        Vec::new()
    };
    Ok(UserDetail {
        user,
        servers,
        groups: group_summaries(&request).await?,
        is_self: user_id == request.viewer.user_id,
        may_grant: request.viewer.is_administrator,
        just_made: super::hand_over::take(&request, &personal_key(user_id)),
    })
}

/// Makes a user administrator, or member again.
#[server(prefix = "/api", endpoint = "admin/set_role")]
pub async fn set_role(user_id: UserId, role: Role) -> ActionResult<()> {
    let request = overseer()?;
    let identity = &request.services.identity;
    Ok(identity.set_role(&request.context, user_id, role).await?)
}

/// Puts a user into a group, makes them its manager, or takes them out. A new group is made.
#[server(prefix = "/api", endpoint = "admin/set_membership")]
pub async fn set_membership(
    user_id: UserId,
    group: String,
    standing: GroupStanding,
) -> ActionResult<()> {
    use identity::service::GroupRole;

    let request = overseer()?;
    let membership = match standing {
        GroupStanding::None => GroupRole::None,
        GroupStanding::Member => GroupRole::Member,
        GroupStanding::Manager => GroupRole::Manager,
    };
    let identity = &request.services.identity;
    Ok(identity
        .set_membership(&request.context, user_id, group.trim(), membership)
        .await?)
}

/// Ends a user's sessions, refuses new ones, and stops their servers; files stay.
#[server(prefix = "/api", endpoint = "admin/suspend")]
pub async fn suspend_user(user_id: UserId) -> ActionResult<()> {
    let request = overseer()?;
    request
        .services
        .identity
        .suspend(&request.context, user_id)
        .await?;
    let actor = request.context.actor();
    Ok(request
        .services
        .spawner
        .stop_all_of(user_id, "the account was suspended", &actor)
        .await?)
}

/// Lets a suspended user sign in again.
#[server(prefix = "/api", endpoint = "admin/reinstate")]
pub async fn reinstate_user(user_id: UserId) -> ActionResult<()> {
    let request = overseer()?;
    let identity = &request.services.identity;
    Ok(identity.reinstate(&request.context, user_id).await?)
}

/// One page of the servers of everyone whom the reader oversees.
#[server(prefix = "/api", endpoint = "admin/servers", input = Json)]
pub async fn read_servers(query: ServerQuery) -> ActionResult<Page<ServerView>> {
    let request = overseer()?;
    let owners = request
        .services
        .identity
        .managed_users(&request.viewer)
        .await?;
    let owners = owners.map(|mut owners| {
        if !owners.contains(&request.viewer.user_id) {
            owners.push(request.viewer.user_id);
        }
        owners
    });
    Ok(request
        .services
        .spawner
        .servers(&query, owners.as_deref())
        .await?)
}

/// What runs the servers here, for administrators.
#[server(prefix = "/api", endpoint = "admin/engine")]
pub async fn read_engine() -> ActionResult<EngineDetail> {
    let request = overseer()?;
    request.context.administrator()?;
    let capabilities = request.services.spawner.capabilities();
    Ok(EngineDetail {
        engine: capabilities.engine.to_owned(),
        isolation: capabilities.isolation,
        is_isolated: capabilities.isolated,
        limits: capabilities.limits,
        freeze: capabilities.freeze,
        remarks: capabilities.remarks,
        orphans: request
            .services
            .spawner
            .orphans()
            .into_iter()
            .map(|orphan| orphan.server_id)
            .collect(),
    })
}

#[cfg(feature = "ssr")]
async fn group_summaries(request: &super::authority::SignedIn) -> ActionResult<Vec<GroupSummary>> {
    let groups = request.services.identity.groups(&request.context).await?;
    Ok(groups
        .into_iter()
        .map(|(group_id, name, members)| GroupSummary {
            group_id,
            name,
            members,
        })
        .collect())
}
