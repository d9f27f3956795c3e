//! What pages call a server.

use types::notebook::{ServerState, ServerView};

use crate::ui::with_short_addresses;

/// The name for people.
pub(crate) fn title(server: &ServerView) -> String {
    match (server.display_name.as_str(), server.name.as_str()) {
        ("", "") => "Default server".to_owned(),
        ("", name) => name.to_owned(),
        (display_name, _) => display_name.to_owned(),
    }
}

/// Where it is opened: at once, or over its start page.
pub(crate) fn start_path(server: &ServerView) -> String {
    format!("/start/{}", server.host_label)
}

/// Its own page.
pub(crate) fn page_path(server: &ServerView) -> String {
    format!("/servers/{}", server.server_id)
}

/// One sentence on the state: what happens now, or what it means and who or what brought it here.
pub(crate) fn state_sentence(server: &ServerView) -> String {
    let meaning = default_sentence(server.state);
    match server.state {
        state if state.is_starting() || state == ServerState::Stopping => {
            non_empty(&server.message).map_or_else(|| meaning.to_owned(), capitalised)
        }
        ServerState::Failed | ServerState::Lost => server
            .failure
            .as_ref()
            .and_then(|failure| non_empty(&failure.cause))
            .map_or_else(|| meaning.to_owned(), capitalised),
        _ => non_empty(&server.cause).map_or_else(
            || meaning.to_owned(),
            |cause| format!("{meaning} · {}", with_short_addresses(cause)),
        ),
    }
}

fn non_empty(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

const fn default_sentence(state: ServerState) -> &'static str {
    match state {
        ServerState::Queued => "Waiting for its turn",
        ServerState::Provisioning => "Preparing your files and limits",
        ServerState::Booting => "Starting the sandbox",
        ServerState::Starting => "JupyterLab is loading",
        ServerState::Ready => "Ready",
        ServerState::Frozen => "Frozen; opening it continues where you were",
        ServerState::Stopping => "Stopping",
        ServerState::Stopped => "Stopped; your files are kept",
        ServerState::Archived => "Archived; your files are kept",
        ServerState::Failed => "The last start failed",
        ServerState::Lost => "It disappeared from its machine",
        ServerState::Destroying => "Being deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{failure, server};

    #[test]
    fn every_server_has_a_title() {
        for (display_name, name, expected) in [
            ("Research", "r", "Research"),
            ("", "r", "r"),
            ("", "", "Default server"),
        ] {
            let mut view = server(name);
            view.display_name = display_name.into();
            assert_eq!(title(&view), expected);
        }
    }

    #[test]
    fn the_state_is_explained() {
        let mut view = server("a");
        assert_eq!(state_sentence(&view), "Ready · started by its owner");
        view.cause.clear();
        assert_eq!(state_sentence(&view), "Ready");
        view.state = ServerState::Starting;
        view.message = "loading extensions".into();
        assert_eq!(state_sentence(&view), "Loading extensions");
        view.message.clear();
        assert_eq!(state_sentence(&view), "JupyterLab is loading");
        view.state = ServerState::Failed;
        view.failure = Some(failure());
        assert_eq!(
            state_sentence(&view),
            "JupyterLab did not answer within 60 s"
        );
    }
}
