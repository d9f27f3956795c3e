//! The reader's choice of light or dark, kept in a cookie so that the server paints it at once.

use leptos::prelude::*;

use super::error::ActionResult;
use crate::shell::theme::Theme;

/// Remembers the theme for a year in this browser. Needs no account.
#[server(prefix = "/api", endpoint = "set_theme")]
pub async fn set_theme(theme: Theme) -> ActionResult<()> {
    use crate::context::services;
    use crate::shell::theme::CookieTransport;
    use types::{ApiError, ErrorCode};

    let transport = CookieTransport::of_origin(&services()?.site.hub_origin);
    let cookie = http::HeaderValue::from_str(&theme.to_cookie(transport))
        .map_err(|_| ApiError::new(ErrorCode::Internal, "the theme could not be kept"))?;
    expect_context::<leptos_axum::ResponseOptions>()
        .append_header(http::header::SET_COOKIE, cookie);
    Ok(())
}
