//! Lists of servers that the hub keeps up to date.

use leptos::prelude::*;
use leptos::task::spawn_local;
use types::ServerId;
use types::notebook::ServerView;

use crate::actions::error::ActionResult;
use crate::live::merge::{NewServers, merge_server, remove_server};
use crate::live::{LiveStatus, REMOVED_EVENT, SERVER_EVENT, follow};

/// What the `removed` event carries.
#[derive(serde::Deserialize)]
struct Removed {
    server_id: ServerId,
}

/// Keeps `rows` as the stream at `url` says. `reread` reads the whole list again after an
/// interruption; if that fails, the next change still arrives by the stream.
pub(crate) fn follow_servers<Reread, Reading>(
    url: &str,
    rows: RwSignal<Vec<ServerView>>,
    new_servers: NewServers,
    reread: Reread,
) -> ReadSignal<LiveStatus>
where
    Reread: Fn() -> Reading + 'static,
    Reading: Future<Output = ActionResult<Vec<ServerView>>> + 'static,
{
    let on_message = move |name: &str, data: &str| apply(rows, new_servers, name, data);
    let on_reopened = move || {
        let reading = reread();
        spawn_local(async move {
            if let Ok(servers) = reading.await {
                rows.try_set(servers);
            }
        });
    };
    follow(
        url.to_owned(),
        &[SERVER_EVENT, REMOVED_EVENT],
        on_message,
        on_reopened,
    )
}

/// An event that cannot be read is of a newer hub: the list stays as it is until it is reloaded.
fn apply(rows: RwSignal<Vec<ServerView>>, new_servers: NewServers, name: &str, data: &str) {
    if name == SERVER_EVENT {
        if let Ok(server) = serde_json::from_str::<ServerView>(data) {
            rows.try_update(|rows| merge_server(rows, server, new_servers));
        }
    } else if let Ok(removed) = serde_json::from_str::<Removed>(data) {
        rows.try_update(|rows| remove_server(rows, removed.server_id));
    }
}

/// The row of one server, for as long as it is in the list and, after that, as it was last.
pub(crate) fn row(rows: RwSignal<Vec<ServerView>>, first: ServerView) -> Memo<ServerView> {
    let server_id = first.server_id;
    Memo::new(move |last: Option<&ServerView>| {
        rows.with(|rows| rows.iter().find(|row| row.server_id == server_id).cloned())
            .or_else(|| last.cloned())
            .unwrap_or_else(|| first.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::server;

    #[test]
    fn events_change_the_list_and_rubbish_does_not() {
        let owner = Owner::new();
        owner.set();
        let rows = RwSignal::new(vec![server("a")]);
        let mut newer = server("a");
        newer.progress = 7;
        let json = serde_json::to_string(&newer).unwrap();
        apply(rows, NewServers::Append, SERVER_EVENT, &json);
        assert_eq!(rows.get_untracked(), vec![newer.clone()]);
        for (name, data) in [
            (SERVER_EVENT, "{}"),
            (SERVER_EVENT, "<html>"),
            (REMOVED_EVENT, "null"),
        ] {
            apply(rows, NewServers::Append, name, data);
            assert_eq!(rows.get_untracked(), vec![newer.clone()]);
        }
        let removed = format!("{{\"server_id\":\"{}\"}}", newer.server_id);
        apply(rows, NewServers::Append, REMOVED_EVENT, &removed);
        assert!(rows.get_untracked().is_empty());
    }
}
