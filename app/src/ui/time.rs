//! Moments and waits. The first render uses the moment at which the server made the page, on both
//! sides; from then on the browser's clock moves it.

use leptos::prelude::*;
use types::Timestamp;
use types::timestamp::readable_duration;

use crate::shell::use_shell;

#[derive(Debug, Clone, Copy)]
struct Clock(ReadSignal<Timestamp>);

/// Starts the page's clock. Below [`crate::shell::provide_shell`].
pub fn provide_clock() {
    let read_at = use_shell().read_at();
    let (now, set_now) = signal(read_at);
    provide_context(Clock(now));
    #[cfg(feature = "hydrate")]
    browser::run(read_at, set_now);
    #[cfg(not(feature = "hydrate"))]
    let _ = set_now;
}

/// The present moment, renewed each second in the browser.
#[must_use]
pub fn use_now() -> Signal<Timestamp> {
    use_context::<Clock>().map_or_else(
        || Signal::stored(Timestamp::default()),
        |clock| clock.0.into(),
    )
}

/// A moment: relative for people, absolute in UTC on hover and for machines.
#[component]
pub fn Time(#[prop(into)] at: Signal<Timestamp>) -> impl IntoView {
    let now = use_now();
    // A memo: the clock ticks each second, the text changes seldom.
    let text = Memo::new(move |_| at.get().to_relative(now.get()));
    view! {
        <time
            class="time"
            datetime=move || at.get().to_rfc3339()
            title=move || at.get().to_readable()
        >
            {text}
        </time>
    }
}

/// The wait until a moment: `12 min`, then `0 s`.
#[component]
pub fn Countdown(#[prop(into)] until: Signal<Timestamp>) -> impl IntoView {
    let now = use_now();
    let text = Memo::new(move |_| readable_duration(until.get().since_ms(now.get()).max(0)));
    view! {
        <time
            class="time"
            datetime=move || until.get().to_rfc3339()
            title=move || until.get().to_readable()
        >
            {text}
        </time>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use types::Timestamp;

    /// A smaller difference is the page's way to the browser, a larger one a wrong clock.
    const SKEW_MIN_MS: i64 = 60_000;

    pub(super) fn run(read_at: Timestamp, set_now: WriteSignal<Timestamp>) {
        Effect::new(move |_| {
            let difference_ms = read_at.since_ms(moment());
            let skew_ms = if difference_ms.abs() < SKEW_MIN_MS {
                0
            } else {
                difference_ms
            };
            let tick = move || {
                set_now.try_set(moment().plus_ms(skew_ms));
            };
            tick();
            if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                on_cleanup(move || interval.clear());
            }
        });
    }

    fn moment() -> Timestamp {
        // Milliseconds since 1970 are exact in a double.
        Timestamp(js_sys::Date::now() as i64)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
