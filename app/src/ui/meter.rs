//! How much of a limit is used.

use leptos::prelude::*;

use super::tone::Tone;

/// Above this share of the limit a meter warns…
const WARNING_PERCENT: u64 = 80;
/// …and above this it is nearly over.
const DANGER_PERCENT: u64 = 95;

/// A thin bar with `label` at the left and `text` at the right: `Memory  1.2 of 2 GiB`.
#[component]
pub fn Meter(
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<u64>,
    #[prop(into)] max: Signal<u64>,
    #[prop(into)] text: Signal<String>,
) -> impl IntoView {
    let percent = Signal::derive(move || percent_of(value.get(), max.get()));
    view! {
        <div class=move || format!("meter {}", tone_of(percent.get()).class())>
            <p class="meter-text">
                <span class="meter-label">{label.clone()}</span>
                <span class="meter-value">{move || text.get()}</span>
            </p>
            <div
                class="meter-track"
                role="meter"
                aria-label=label
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || percent.get()
                aria-valuetext=move || text.get()
            >
                <svg class="meter-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=move || percent.get() height="1" />
                </svg>
            </div>
        </div>
    }
}

/// Share in percent, rounded up so that anything used shows, 0–100; a limit of 0 is full.
#[must_use]
pub fn percent_of(value: u64, max: u64) -> u64 {
    if max == 0 {
        return 100;
    }
    let percent = (u128::from(value) * 100).div_ceil(u128::from(max));
    u64::try_from(percent).unwrap_or(u64::MAX).min(100)
}

const fn tone_of(percent: u64) -> Tone {
    match percent {
        DANGER_PERCENT.. => Tone::Danger,
        WARNING_PERCENT.. => Tone::Warning,
        _ => Tone::Accent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_bounded_and_visible() {
        for (value, max, percent) in [
            (0, 10, 0),
            (1, 1_000, 1),
            (10, 10, 100),
            (11, 10, 100),
            (5, 0, 100),
            (u64::MAX, u64::MAX, 100),
        ] {
            assert_eq!(percent_of(value, max), percent, "{value} of {max}");
        }
    }

    #[test]
    fn tones_rise_with_use() {
        for (percent, tone) in [
            (0, Tone::Accent),
            (79, Tone::Accent),
            (80, Tone::Warning),
            (94, Tone::Warning),
            (95, Tone::Danger),
        ] {
            assert_eq!(tone_of(percent), tone, "{percent}");
        }
    }
}
