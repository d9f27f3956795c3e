//! What the list under the search line holds, and moving through it.

use leptos::prelude::*;

use crate::actions::explorer::Suggestion;

/// A key that moves through the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
}

/// The next place in a list of `count` entries; beyond its ends is the line itself.
pub(super) fn moved(place: Option<usize>, count: usize, step: Step) -> Option<usize> {
    match (place, step) {
        (None, Step::Down) => (count > 0).then_some(0),
        (None, Step::Up) => count.checked_sub(1),
        (Some(place), Step::Down) => (place + 1 < count).then_some(place + 1),
        (Some(place), Step::Up) => place.checked_sub(1),
    }
}

/// Keeps `found` at what the text may mean, a moment after the last key.
pub(super) fn follow_text(text: RwSignal<String>, found: RwSignal<Vec<Suggestion>>) {
    #[cfg(feature = "hydrate")]
    browser::follow_text(text, found);
    #[cfg(not(feature = "hydrate"))]
    let _ = (text, found);
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::leptos_dom::helpers::debounce;
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use crate::actions::explorer::{Suggestion, suggest};

    /// After the last key, until the server is asked.
    const PAUSE: Duration = Duration::from_millis(180);
    /// Shorter texts mean too much.
    const TEXT_LENGTH_MIN: usize = 2;

    pub(super) fn follow_text(text: RwSignal<String>, found: RwSignal<Vec<Suggestion>>) {
        let mut ask = debounce(PAUSE, move |asked: String| {
            spawn_local(async move {
                // Without suggestions the form still works.
                let suggestions = suggest(asked.clone()).await.unwrap_or_default();
                if text.try_with_untracked(|text| text.trim() == asked) == Some(true) {
                    found.try_set(suggestions);
                }
            });
        });
        Effect::new(move |_| {
            let asked = text.with(|text| text.trim().to_owned());
            if asked.chars().count() < TEXT_LENGTH_MIN {
                found.set(Vec::new());
            } else {
                ask(asked);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_by_way_of_the_line() {
        for (place, count, step, next) in [
            (None, 3, Step::Down, Some(0)),
            (Some(0), 3, Step::Down, Some(1)),
            (Some(2), 3, Step::Down, None),
            (None, 3, Step::Up, Some(2)),
            (Some(0), 3, Step::Up, None),
            (None, 0, Step::Up, None),
            (None, 0, Step::Down, None),
        ] {
            assert_eq!(moved(place, count, step), next, "{place:?} {step:?}");
        }
    }
}
