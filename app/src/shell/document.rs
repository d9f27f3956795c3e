//! The HTML document, on the server only.

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

use super::facts::request_theme;
use super::theme::Theme;
use crate::App;

/// The document around [`App`]. Every script carries the response's nonce; there are no inline
/// styles. The theme is decided here, so that nothing is repainted later.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = request_theme();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=color_scheme(theme) />
                {theme_colors(theme)}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link
                    rel="preload"
                    href="/fonts/inter.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <HashedStylesheet options=options.clone() id="leptos" />
                <noscript>
                    <link rel="stylesheet" href="/no-script.css" />
                </noscript>
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Sets the page's HTTP status: pages are complete before they are sent.
pub fn set_status(status: StatusCode) {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(status);
    }
}

/// Answers the page's request with another address instead. `leptos_axum::redirect` does so only
/// for requests that say they accept HTML; a page is never anything else.
pub fn redirect(path: &str) {
    let Some(options) = use_context::<ResponseOptions>() else {
        return;
    };
    // A path that is no header value cannot be one of our pages either.
    let Ok(location) = HeaderValue::from_str(path) else {
        return;
    };
    options.insert_header(header::LOCATION, location);
    options.set_status(StatusCode::FOUND);
}

const fn color_scheme(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}

/// The browser's own frame in the page's background colour.
fn theme_colors(theme: Theme) -> impl IntoView {
    const LIGHT: &str = "#f7f8f8";
    const DARK: &str = "#0e1213";
    match theme {
        Theme::Light => view! { <meta name="theme-color" content=LIGHT /> }.into_any(),
        Theme::Dark => view! { <meta name="theme-color" content=DARK /> }.into_any(),
        Theme::System => {
            // `media` is not among the attributes that the view macro knows for this element.
            let preferred = |color: &'static str, media: &'static str| {
                leptos::html::meta()
                    .name("theme-color")
                    .content(color)
                    .attr("media", media)
            };
            (
                preferred(LIGHT, "(prefers-color-scheme: light)"),
                preferred(DARK, "(prefers-color-scheme: dark)"),
            )
                .into_any()
        }
    }
}
