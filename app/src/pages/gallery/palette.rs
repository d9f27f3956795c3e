use leptos::prelude::*;

use crate::ui::Card;

/// Name and the class that paints it; written out, so that Tailwind finds the classes.
const SWATCHES: [(&str, &str); 12] = [
    ("canvas", "bg-canvas"),
    ("surface", "bg-surface"),
    ("sunken", "bg-sunken"),
    ("raised", "bg-raised"),
    ("line", "bg-line"),
    ("control", "bg-control"),
    ("ink", "bg-ink"),
    ("muted", "bg-muted"),
    ("faint", "bg-faint"),
    ("accent", "bg-accent"),
    ("accent-text", "bg-accent-text"),
    ("accent-soft", "bg-accent-soft"),
];

#[component]
pub(super) fn Palette() -> impl IntoView {
    let swatch = |(name, class): (&'static str, &'static str)| {
        view! {
            <div class="swatch">
                <span class=format!("swatch-colour {class}")></span>
                {name}
            </div>
        }
    };
    view! {
        <Card title="Colours">
            <div class="swatches">{SWATCHES.into_iter().map(swatch).collect_view()}</div>
        </Card>
    }
}
