//! Short messages about what just happened, read aloud and gone after a while.

use std::time::Duration;

use leptos::prelude::*;

use super::button::{ControlSize, IconButton};
use super::icon::{Icon, IconName};
use super::tone::Tone;

/// How long a message stays. Failures stay until they are closed.
const LIFETIME: Duration = Duration::from_secs(6);
/// Older messages make room.
const TOASTS_MAX: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Toast {
    id: u64,
    tone: Tone,
    text: String,
}

/// The handle to show messages with: [`use_toasts`].
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    toasts: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u64>,
}

impl Toasts {
    /// Shows a message.
    pub fn show(self, tone: Tone, text: impl Into<String>) {
        let id = self.next_id.get_value();
        self.next_id.set_value(id + 1);
        let toast = Toast {
            id,
            tone,
            text: text.into(),
        };
        self.toasts.update(|toasts| push_bounded(toasts, toast));
        if tone != Tone::Danger {
            set_timeout(move || self.close(id), LIFETIME);
        }
    }

    fn close(self, id: u64) {
        // The page may be gone when the time is up.
        let _ = self
            .toasts
            .try_update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

fn push_bounded(toasts: &mut Vec<Toast>, toast: Toast) {
    toasts.push(toast);
    let surplus = toasts.len().saturating_sub(TOASTS_MAX);
    toasts.drain(..surplus);
}

/// Makes [`use_toasts`] work below here.
pub fn provide_toasts() {
    provide_context(Toasts {
        toasts: RwSignal::new(Vec::new()),
        next_id: StoredValue::new(0),
    });
}

/// The messages of this page. Without [`provide_toasts`] above, they go nowhere.
#[must_use]
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(|| Toasts {
        toasts: RwSignal::new(Vec::new()),
        next_id: StoredValue::new(0),
    })
}

/// Where messages appear. One per document.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-label="Messages">
            <For each=move || toasts.toasts.get() key=|toast| toast.id let:toast>
                <div class=format!("toast {}", toast.tone.class())>
                    <Icon name=icon(toast.tone) />
                    <p>{toast.text}</p>
                    <IconButton
                        label="Close message"
                        icon=IconName::Close
                        size=ControlSize::Small
                        on:click=move |_| toasts.close(toast.id)
                    />
                </div>
            </For>
        </div>
    }
}

const fn icon(tone: Tone) -> IconName {
    match tone {
        Tone::Positive => IconName::CheckCircle,
        Tone::Warning | Tone::Danger => IconName::Alert,
        Tone::Neutral | Tone::Accent | Tone::Info => IconName::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_messages_stay() {
        let mut toasts = Vec::new();
        for id in 0..7 {
            push_bounded(
                &mut toasts,
                Toast {
                    id,
                    tone: Tone::Info,
                    text: String::new(),
                },
            );
        }
        assert_eq!(
            toasts.iter().map(|toast| toast.id).collect::<Vec<_>>(),
            [3, 4, 5, 6]
        );
    }
}
