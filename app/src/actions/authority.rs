//! Who may do what, asked in one place by the server functions of the signed-in pages.

use identity::RequestContext;
use spawner::SpawnerError;
use types::notebook::ServerView;
use types::sign_in::Viewer;
use types::{ApiError, ErrorCode, ServerId, UserId};

use super::error::ActionResult;
use crate::context::{Services, request_context, services};

/// A request by somebody who is signed in.
pub(super) struct SignedIn {
    pub(super) services: Services,
    pub(super) context: RequestContext,
    pub(super) viewer: Viewer,
}

/// The person who sent this request.
///
/// # Errors
/// `identity.sign_in_required` when nobody is signed in.
pub(super) fn signed_in() -> ActionResult<SignedIn> {
    let services = services()?;
    let context = request_context()?;
    let viewer = context.viewer()?.clone();
    Ok(SignedIn {
        services,
        context,
        viewer,
    })
}

/// The same, for administrators and managers of groups.
///
/// # Errors
/// `identity.sign_in_required` or `identity.forbidden`.
pub(super) fn overseer() -> ActionResult<SignedIn> {
    let request = signed_in()?;
    if !request.viewer.is_administrator && !request.viewer.is_manager {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            "This page is for administrators and managers of groups.",
        )
        .into());
    }
    Ok(request)
}

/// A server that the person who asks may see and steer: their own, or one of a user whom they
/// manage. Anything else is answered exactly like a server that does not exist.
pub(super) struct ServerGrant {
    pub(super) request: SignedIn,
    pub(super) server: ServerView,
}

impl ServerGrant {
    /// Whether the server belongs to the person who asks.
    pub(super) fn is_owner(&self) -> bool {
        self.server.user_id == self.request.viewer.user_id
    }

    /// Why a command is given, as the server's history and the audit log show it.
    pub(super) fn reason(&self) -> String {
        if self.is_owner() {
            return "asked for by its owner".to_owned();
        }
        let office = if self.request.viewer.is_administrator {
            "administrator"
        } else {
            "group manager"
        };
        format!("asked for by {office} {}", self.request.viewer.display_name)
    }
}

/// # Errors
/// `identity.sign_in_required`; `not_found` when there is no such server or it is somebody else's.
pub(super) async fn granted_server(server_id: ServerId) -> ActionResult<ServerGrant> {
    let request = signed_in()?;
    let server = match request.services.spawner.server(server_id).await {
        Ok(server) => server,
        Err(SpawnerError::Refused(error)) if error.code == ErrorCode::NotFound => {
            return Err(no_such_server().into());
        }
        Err(error) => return Err(error.into()),
    };
    if !may_manage(&request, server.user_id).await? {
        return Err(no_such_server().into());
    }
    Ok(ServerGrant { request, server })
}

/// Whether the person who asks may see and steer the servers of `owner`.
pub(super) async fn may_manage(request: &SignedIn, owner: UserId) -> ActionResult<bool> {
    if owner == request.viewer.user_id {
        return Ok(true);
    }
    Ok(request
        .services
        .identity
        .may_manage_servers_of(&request.viewer, owner)
        .await?)
}

/// The answer for a server that is not there, and for one that is somebody else's.
pub(super) use crate::pages::missing::no_such_server;
