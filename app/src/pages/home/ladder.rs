use leptos::prelude::*;
use types::notebook::ServerState;

use crate::ui::StateBadge;

struct Rung {
    state: ServerState,
    when: &'static str,
    kept: &'static str,
    back: &'static str,
}

const RUNGS: [Rung; 3] = [
    Rung {
        state: ServerState::Ready,
        when: "You type, or a kernel computes. An open tab alone does not count.",
        kept: "Everything",
        back: "You are there",
    },
    Rung {
        state: ServerState::Frozen,
        when: "Nothing happened for a while, and you were warned.",
        kept: "Variables, files, open tabs",
        back: "The first click thaws it",
    },
    Rung {
        state: ServerState::Stopped,
        when: "You stayed away, by default for an hour.",
        kept: "Files and open tabs",
        back: "Opening its address starts it",
    },
];

/// What happens to a server that nobody uses.
#[component]
pub(super) fn PauseLadder() -> impl IntoView {
    view! {
        <section class="home-section" aria-labelledby="pauses">
            <h2 class="home-heading" id="pauses">"What a pause keeps"</h2>
            <div class="ladder">{RUNGS.into_iter().map(rung).collect_view()}</div>
        </section>
    }
}

fn rung(rung: Rung) -> impl IntoView {
    view! {
        <article class="rung">
            <StateBadge state=rung.state />
            <p class="rung-when">{rung.when}</p>
            <dl class="rung-facts">
                <div><dt>"Kept"</dt><dd>{rung.kept}</dd></div>
                <div><dt>"Back"</dt><dd>{rung.back}</dd></div>
            </dl>
        </article>
    }
}
