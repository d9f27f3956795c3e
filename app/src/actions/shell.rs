//! What every page's frame shows: the site, the viewer and the theme.

use leptos::prelude::*;

use super::error::ActionResult;
use crate::shell::facts::ShellFacts;

/// The frame's facts, read anew: after the viewer changed their name, or when a tab that slept
/// comes back and its session may have ended.
#[server(prefix = "/api", endpoint = "read_shell")]
pub async fn read_shell() -> ActionResult<ShellFacts> {
    Ok(crate::shell::facts::of_request()?)
}
