//! The end of a server's log.

use leptos::prelude::*;
use types::ServerId;

use crate::actions::servers::read_log;
use crate::ui::{Button, ButtonVariant, Card, ControlSize, ErrorView, IconName, LogView};

/// The last lines, read anew on demand. Without JavaScript the page is loaded again.
#[component]
pub(super) fn Log(server_id: ServerId, lines: Vec<String>) -> impl IntoView {
    let lines = RwSignal::new(lines);
    let refresh = Action::new(move |()| read_log(server_id));
    let pending = refresh.pending();
    Effect::new(move |_| {
        if let Some(Ok(read)) = refresh.value().get() {
            lines.set(read);
        }
    });
    let failure = move || {
        refresh.value().with(|value| {
            value
                .as_ref()
                .and_then(|result| result.as_ref().err().cloned())
        })
    };
    view! {
        <div id="log">
            <Card
                title="Log"
                description="Kept after the server has stopped"
                actions=move || view! {
                    <Button
                        variant=ButtonVariant::Ghost
                        size=ControlSize::Small
                        icon=IconName::Refresh
                        loading=pending
                        on:click=move |_| {
                            refresh.dispatch(());
                        }
                    >
                        "Refresh"
                    </Button>
                }
            >
                {move || failure().map(|error| view! { <ErrorView error=error.0 /> })}
                <LogView lines label="Log of the server" />
            </Card>
        </div>
    }
}
