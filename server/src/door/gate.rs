//! Decides about every request to a notebook server's origin, before anything reaches the server.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::future::BoxFuture;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use identity::Identity;
use parking_lot::Mutex;
use proxy::activity::activity_of_request;
use proxy::{
    ActivityKind, Admission, Gatekeeper, Passage, ProxyBody, RESERVED_PATH_PREFIX, Target, Wake,
};
use spawner::Spawner;
use spawner::engine::Endpoint;
use spawner::service::Door;
use types::notebook::ServerState;
use types::{ServerId, SessionKey, Timestamp, UserId};

use super::cookies::{cookie, pass_cookie, set_pass, set_state, state_cookie, state_to_begin_with};
use super::pass::Pass;
use super::permission::permission_end;
use super::safe_path;
use super::ticket::Tickets;

/// How long an answer about somebody else's server is believed.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(5);
/// Most answers kept about other people's servers.
const PERMISSIONS_MAX: usize = 4_096;

/// The gate. One for the whole program.
pub struct Gate {
    pub identity: Identity,
    pub spawner: Spawner,
    pub tickets: Tickets,
    pub key: [u8; 32],
    pub hub_origin: String,
    pub secure_cookies: bool,
    permissions: Mutex<HashMap<(UserId, UserId), (Instant, bool)>>,
}

impl Gate {
    /// A gate that admits by these services.
    #[must_use]
    pub fn new(
        identity: Identity,
        spawner: Spawner,
        tickets: Tickets,
        key: [u8; 32],
        hub_origin: String,
    ) -> Self {
        let secure_cookies = hub_origin.starts_with("https://");
        Self {
            identity,
            spawner,
            tickets,
            key,
            hub_origin,
            secure_cookies,
            permissions: Mutex::default(),
        }
    }

    /// Whether the user may enter servers of the owner. Answers about others are kept briefly.
    async fn may_enter(&self, user_id: UserId, owner: UserId) -> bool {
        if user_id == owner {
            return true;
        }
        let cached = self.permissions.lock().get(&(user_id, owner)).copied();
        if let Some((asked_at, answer)) = cached
            && asked_at.elapsed() < PERMISSION_LIFETIME
        {
            return answer;
        }
        let answer = self
            .identity
            .may_user_manage_servers_of(user_id, owner)
            .await
            .unwrap_or(false);
        let mut permissions = self.permissions.lock();
        if permissions.len() >= PERMISSIONS_MAX {
            permissions.clear();
        }
        permissions.insert((user_id, owner), (Instant::now(), answer));
        answer
    }

    /// The valid pass of a request to this door, if it carries one.
    async fn pass_of(&self, parts: &Parts, door: &Door) -> Option<Pass> {
        let name = pass_cookie(self.secure_cookies);
        let pass = Pass::open(cookie(parts, name)?, &self.key, Timestamp::now())?;
        let holds = pass.server_id == door.server_id
            && self
                .identity
                .is_session_alive(pass.session, pass.user_id)
                .await
            && self.may_enter(pass.user_id, door.user_id).await;
        holds.then_some(pass)
    }

    /// Answers a request to a path under [`RESERVED_PATH_PREFIX`].
    pub fn reserved(&self, parts: &Parts, host_label: &str) -> Response<ProxyBody> {
        match parts.uri.path().strip_prefix(RESERVED_PATH_PREFIX) {
            Some("begin") => {
                let next = query_value(parts, "next").unwrap_or_default();
                self.begin(parts, host_label, safe_path(&next, "/lab"))
            }
            Some("enter") => self.enter(parts),
            _ => message(StatusCode::NOT_FOUND, "not_found", "there is nothing here"),
        }
    }

    /// Sends a browser without a pass to the hub, leaving a state by which its return is known.
    fn begin(&self, parts: &Parts, host_label: &str, next: &str) -> Response<ProxyBody> {
        let state = state_to_begin_with(parts, self.secure_cookies);
        let location = format!(
            "{}/door/{host_label}?state={state}&next={}",
            self.hub_origin,
            encode(next)
        );
        let mut response = redirect(&location);
        let cookie = set_state(&state, self.secure_cookies);
        response.headers_mut().append(SET_COOKIE, cookie);
        response
    }

    fn enter(&self, parts: &Parts) -> Response<ProxyBody> {
        let secure = self.secure_cookies;
        let now = Timestamp::now();
        let ticket = query_value(parts, "ticket").unwrap_or_default();
        let next = query_value(parts, "next").unwrap_or_default();
        let next = safe_path(&next, "/lab");
        let state = cookie(parts, state_cookie(secure)).unwrap_or_default();
        let Some(pass) = self.tickets.redeem(&ticket, state, now) else {
            return page(
                StatusCode::FORBIDDEN,
                "This link was used already",
                "It opens a notebook once, in the browser that asked for it, within half a minute.",
                &self.hub_origin,
            );
        };
        let lifetime_s = u32::try_from(pass.expires_at.since_ms(now) / 1_000).unwrap_or(0);
        let mut response = redirect(next);
        // The state stays until it expires: other tabs may be on their way with it.
        let cookie = set_pass(&pass.seal(&self.key), secure, lifetime_s);
        response.headers_mut().append(SET_COOKIE, cookie);
        response
    }

    /// The way in to a server that lives, thawed if it was frozen.
    async fn forward(
        &self,
        parts: &Parts,
        host_label: &str,
        door: Door,
        pass: Pass,
        next: &str,
    ) -> Admission {
        let wake = (door.state == ServerState::Frozen).then(|| {
            let refusal = self.resting(parts, host_label, &door, next);
            self.wake(door.server_id, wake_for(parts), refusal)
        });
        if is_navigation(parts) {
            self.spawner
                .note_activity(door.server_id, spawner::service::ActivityKind::Interaction);
        }
        // Working in a notebook keeps the hub's session alive; what an open page does does not.
        if (is_navigation(parts) || activity_of_request(parts) == ActivityKind::Interaction)
            && let Err(error) = self.identity.note_session_use(pass.session).await
        {
            tracing::warn!(%error, "the use of a session was not noted");
        }
        let Some(way_in) = door.way_in.clone() else {
            return respond(self.resting(parts, host_label, &door, next));
        };
        let target = match way_in.endpoint {
            Endpoint::Unix(path) => Target::Unix(Arc::new(path)),
            Endpoint::Tcp(address) => Target::Tcp(address),
        };
        Admission::Forward(Passage {
            server_id: door.server_id,
            target,
            user_name: Arc::from(door.user_name.as_str()),
            identity_key: way_in.identity_key,
            ended: Some(self.permission_end(pass.session, pass.user_id, door.user_id)),
            wake,
        })
    }

    fn wake(
        &self,
        server_id: ServerId,
        kind: spawner::service::ActivityKind,
        refusal: Response<ProxyBody>,
    ) -> Wake {
        let spawner = self.spawner.clone();
        Box::pin(async move {
            spawner
                .thaw_for_request(server_id, kind)
                .await
                .map_err(|error| {
                    tracing::warn!(%server_id, %error, "a frozen server did not thaw");
                    Box::new(refusal)
                })
        })
    }

    /// Resolves when the session behind a connection has ended, or its user may not enter the
    /// servers of the owner any more.
    fn permission_end(
        &self,
        session: SessionKey,
        user_id: UserId,
        owner: UserId,
    ) -> BoxFuture<'static, ()> {
        let identity = self.identity.clone();
        let ended = identity.ended_sessions();
        Box::pin(permission_end(ended, session, move || {
            let identity = identity.clone();
            async move {
                identity.is_session_alive(session, user_id).await
                    && identity
                        .may_user_manage_servers_of(user_id, owner)
                        .await
                        .unwrap_or(false)
            }
        }))
    }

    /// The server does not run: pages lead to the start page, programs are told.
    fn resting(
        &self,
        parts: &Parts,
        host_label: &str,
        door: &Door,
        next: &str,
    ) -> Response<ProxyBody> {
        let start = format!(
            "{}/start/{host_label}?next={}",
            self.hub_origin,
            encode(next)
        );
        if is_navigation(parts) {
            return redirect(&start);
        }
        // 424 is what JupyterLab takes as "the server is not running" and offers a restart for.
        message(
            StatusCode::FAILED_DEPENDENCY,
            "notebook.server_state",
            &format!(
                "the server is {}; open {start} to start it",
                door.state.as_str()
            ),
        )
    }
}

#[async_trait]
impl Gatekeeper for Gate {
    async fn admit(&self, parts: &Parts, host_label: &str) -> Admission {
        let asked = parts
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let next = safe_path(if asked == "/" { "/lab" } else { asked }, "/lab").to_owned();
        let door = self.spawner.door(host_label);
        let pass = match &door {
            Some(door) => self.pass_of(parts, door).await,
            None => None,
        };
        let (Some(door), Some(pass)) = (door, pass) else {
            // The same answer whether the server does not exist or is somebody else's.
            return respond(if is_navigation(parts) {
                // Only under that path does the browser send the state that it may have.
                redirect(&format!(
                    "{RESERVED_PATH_PREFIX}begin?next={}",
                    encode(&next)
                ))
            } else {
                message(
                    StatusCode::UNAUTHORIZED,
                    "identity.sign_in_required",
                    "open this notebook from the dashboard again",
                )
            });
        };
        if !door.state.is_alive() {
            return respond(self.resting(parts, host_label, &door, &next));
        }
        self.forward(parts, host_label, door, pass, &next).await
    }

    fn note_activity(&self, server_id: ServerId, kind: ActivityKind) {
        let kind = match kind {
            ActivityKind::Interaction => spawner::service::ActivityKind::Interaction,
            ActivityKind::Presence => spawner::service::ActivityKind::Presence,
        };
        self.spawner.note_activity(server_id, kind);
    }
}

/// What a request to a frozen server says about its user. An open page polls, and opens its
/// WebSockets anew whenever something on the way closes them: that is no person yet.
fn wake_for(parts: &Parts) -> spawner::service::ActivityKind {
    let is_script = parts.headers.contains_key(http::header::UPGRADE)
        || parts
            .headers
            .get("sec-fetch-dest")
            .is_some_and(|value| value == "empty" || value == "websocket");
    if is_script && activity_of_request(parts) == ActivityKind::Presence {
        spawner::service::ActivityKind::Presence
    } else {
        spawner::service::ActivityKind::Interaction
    }
}

fn is_navigation(parts: &Parts) -> bool {
    let mode = parts.headers.get("sec-fetch-mode");
    let wants_page = || {
        parts
            .headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    };
    parts.method.is_safe() && mode.map_or_else(wants_page, |mode| mode == "navigate")
}

fn query_value(parts: &Parts, name: &str) -> Option<String> {
    url::form_urlencoded::parse(parts.uri.query()?.as_bytes())
        .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn respond(response: Response<ProxyBody>) -> Admission {
    Admission::Respond(Box::new(response))
}

fn redirect(location: &str) -> Response<ProxyBody> {
    let mut response = answer(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        String::new(),
    );
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn message(status: StatusCode, code: &str, text: &str) -> Response<ProxyBody> {
    let body = serde_json::json!({ "status": status.as_u16(), "code": code, "message": text });
    answer(status, "application/json", body.to_string())
}

fn page(status: StatusCode, title: &str, text: &str, hub_origin: &str) -> Response<ProxyBody> {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:16px/1.5 system-ui;margin:15vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}}</style>\
         <h1>{title}</h1><p>{text}</p><p><a href=\"{hub_origin}/dashboard\">Go to your dashboard</a></p></html>"
    );
    answer(status, "text/html; charset=utf-8", body)
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<ProxyBody> {
    let body = Full::from(body).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        "content-security-policy",
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    );
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use spawner::service::ActivityKind::{Interaction, Presence};

    use super::*;

    #[test]
    fn what_a_forgotten_page_does_by_itself_is_no_interaction() {
        let navigation = [("sec-fetch-dest", "document")];
        let script = [("sec-fetch-dest", "empty")];
        let reconnect = [("sec-fetch-dest", "websocket")];
        let upgrade = [("upgrade", "websocket")];
        for (method, headers, kind) in [
            ("GET", navigation, Interaction),
            ("GET", script, Presence),
            ("GET", reconnect, Presence),
            ("GET", upgrade, Presence),
            ("POST", script, Interaction),
        ] {
            let mut request = http::Request::builder().method(method);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(wake_for(&parts), kind, "{method} {headers:?}");
        }
    }
}
