//! `/api`: how programs talk to this site, made from the document of `/api/openapi.json`.
//!
//! Nothing on the page changes or reacts. It is laid out once, at the server ([`reference()`]), and
//! the browser's program holds neither its text nor the code that lays it out.

#[cfg(feature = "ssr")]
mod reference;

use leptos::html::Div;
use leptos::prelude::*;

use crate::ui::PageHeader;

#[cfg(feature = "ssr")]
pub use reference::reference;

/// `/api`, for everyone.
#[component]
pub fn ApiPage() -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    load_if_empty(frame);
    view! {
        <div class="page">
            <PageHeader title="API" description="How programs talk to this site and its chain." />
            <div class="api" node_ref=frame inner_html=content()></div>
        </div>
    }
}

#[cfg(feature = "ssr")]
fn content() -> String {
    match crate::context::services() {
        Ok(services) => services.reference.to_string(),
        Err(_) => "<p>The reference cannot be shown.</p>".to_owned(),
    }
}

/// The browser keeps what the server has sent.
#[cfg(not(feature = "ssr"))]
fn content() -> String {
    String::new()
}

/// Links to this page are not followed by the browser's program but loaded from the server. Whoever
/// comes back through the history does without, and has an empty page: it is loaded, too.
fn load_if_empty(frame: NodeRef<Div>) {
    Effect::new(move |_| {
        if frame
            .get()
            .is_some_and(|frame| frame.child_element_count() == 0)
        {
            let _ = window().location().reload();
        }
    });
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
