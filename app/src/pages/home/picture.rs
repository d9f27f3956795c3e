//! The product in one picture: a notebook, and the server beneath it. Drawn with the kit, so that
//! it follows the theme.

use leptos::prelude::*;
use types::notebook::ServerState;

use crate::ui::{Icon, IconName, StateBadge};

/// A window with a cell, its result and the server's bar.
#[component]
pub(super) fn ProductPicture() -> impl IntoView {
    view! {
        <div
            class="picture"
            role="img"
            aria-label="A notebook that ranks the receivers of a token by what they received, above a bar that says: running, 640 MiB of 2 GiB in use, freezes in 12 minutes."
        >
            <div class="picture-bar" aria-hidden="true">
                <Icon name=IconName::Notebook size=14 />
                <span class="picture-tab">"transfers.ipynb"</span>
                <span class="picture-kernel">"Python 3"</span>
            </div>
            <div class="picture-body" aria-hidden="true">
                <CodeCell />
                <ResultRows />
            </div>
            <ServerBar />
        </div>
    }
}

#[component]
fn CodeCell() -> impl IntoView {
    view! {
        <div class="picture-cell">
            <span class="picture-prompt">"[4]"</span>
            <pre class="picture-code">
                "logs = token.events.Transfer().get_logs(\n    from_block="
                <b>"head - 5_000"</b> ")\nframe = pd.DataFrame(" <i>"dict"</i> "(log.args) "
                <i>"for"</i> " log " <i>"in"</i> " logs)\nframe.groupby(" <b>"\"to\""</b> ").value.sum().nlargest("
                <b>"4"</b> ")"
            </pre>
        </div>
    }
}

/// Receiver, amount, and width of the bar in parts of a hundred.
const RESULT: [(&str, &str, u8); 4] = [
    ("0x28C6…1d60", "4 812 300.5", 100),
    ("0x9642…cD4e", "2 960 114.0", 61),
    ("0xDFd5…963d", "1 377 092.8", 29),
    ("0x21a3…5549", "804 551.2", 17),
];

#[component]
fn ResultRows() -> impl IntoView {
    let row = |(receiver, amount, share): (&'static str, &'static str, u8)| {
        view! {
            <li>
                <span class="mono">{receiver}</span>
                <svg viewBox="0 0 100 1" preserveAspectRatio="none">
                    <rect width=share height="1" />
                </svg>
                <span class="picture-amount">{amount}</span>
            </li>
        }
    };
    view! { <ul class="picture-rows">{RESULT.into_iter().map(row).collect_view()}</ul> }
}

#[component]
fn ServerBar() -> impl IntoView {
    view! {
        <div class="picture-status" aria-hidden="true">
            <StateBadge state=ServerState::Ready />
            <span class="picture-status-item"><Icon name=IconName::Memory size=14 />"640 MiB of 2 GiB"</span>
            <span class="picture-status-item"><Icon name=IconName::Snowflake size=14 />"freezes in 12 min"</span>
        </div>
    }
}
