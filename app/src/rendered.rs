//! Components as HTML, for snapshot tests.

use leptos::prelude::*;

/// What the server would send for a view, one tag a line.
pub(crate) fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    let html = owner.with(|| view().into_view().to_html());
    html.replace("><", ">\n<").replace("<!>", "")
}
