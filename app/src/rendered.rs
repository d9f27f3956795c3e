//! Components and pages as HTML, for tests.

use leptos::prelude::*;
use leptos_router::location::RequestUrl;

use crate::App;
use crate::shell::facts::ShellFacts;

/// What the server would send for a view, one tag a line.
pub(crate) fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    let html = owner.with(|| view().into_view().to_html());
    html.replace("><", ">\n<").replace("<!>", "")
}

/// The body of the page at an address, as far as it needs no data of its own.
pub(crate) fn page(path: &str, facts: ShellFacts) -> String {
    html(|| {
        provide_context(RequestUrl::new(path));
        provide_context(facts);
        view! { <App /> }
    })
}
