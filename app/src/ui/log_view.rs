//! The last lines of a log.

use leptos::html::Div;
use leptos::prelude::*;

/// Lines in order, the newest at the end and in view. Stays where the reader scrolled to.
#[component]
pub fn LogView(
    #[prop(into)] lines: Signal<Vec<String>>,
    #[prop(into)] label: String,
    /// What to say when there are no lines.
    #[prop(default = "Nothing was written yet.".to_owned(), into)]
    empty: String,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    Effect::new(move |_| {
        lines.track();
        follow(frame);
    });
    let empty = StoredValue::new(empty);
    view! {
        <div class="log-view" node_ref=frame role="log" aria-label=label tabindex="0">
            {move || match lines.with(Vec::is_empty) {
                true => view! { <p class="log-empty">{empty.get_value()}</p> }.into_any(),
                false => view! { <pre>{lines.with(|lines| lines.join("\n"))}</pre> }.into_any(),
            }}
        </div>
    }
}

/// How near to the end still counts as reading the end.
const FOLLOW_WITHIN_PX: i32 = 48;

fn follow(frame: NodeRef<Div>) {
    let Some(frame) = frame.get() else { return };
    let below_px = frame.scroll_height() - frame.scroll_top() - frame.client_height();
    let is_first = frame.scroll_top() == 0;
    if is_first || below_px <= FOLLOW_WITHIN_PX + frame.client_height() / 2 {
        frame.set_scroll_top(frame.scroll_height());
    }
}
