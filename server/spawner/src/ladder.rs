//! The pause ladder without I/O: active → warned → frozen → stopped → archived.
//!
//! Rules:
//! - Interaction is not presence. Only what a person does (a data frame from the client, an unsafe
//!   method) and kernels that compute keep a server awake; open pages, polling and pings do not.
//! - A busy kernel is not idle, for [`LadderSettings::keep_busy_ms`] at most. A kernel that says
//!   `starting` counts as busy for two minutes: without a client it may stay so for ever.
//! - What a server reports about itself is a hint: the hub stamps the time at which it saw it. A
//!   time from the future, after a correction of the clock, counts as now.
//! - A request thaws a frozen server but is not by itself interaction: a page that polls does not
//!   start the idle clock anew, so a forgotten tab still leads to a stop on time. Each thaw gives
//!   the person behind it a moment to do something, twice as long each time nobody did.
//! - Nobody is paused for idleness without having been warned: a time in which the hub did not look
//!   (it was away, or its host slept) counts, but leaves the time of a warning.
//! - [`LadderSettings::max_age_ms`] holds whatever else is true.

use types::Timestamp;
use types::notebook::{NextPause, ServerState};

use crate::settings::LadderSettings;

#[cfg(test)]
mod tests;

/// How long a `starting` kernel counts as busy.
pub const KERNEL_STARTING_MS: i64 = 120_000;
/// How long kernels that cannot be read count as busy: a computation may leave no time to answer.
pub const KERNELS_UNKNOWN_MS: i64 = 300_000;
/// What the first thaw by a mere request gives until the server freezes again.
pub const THAW_GRACE_MS: i64 = 60_000;
/// The grace doubles so many times at most.
const THAW_GRACE_DOUBLINGS_MAX: u32 = 5;

/// What is known of a server that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signals {
    pub liveness: Liveness,
    /// When this instance became ready first.
    pub started_at: Timestamp,
    pub last_interaction: Option<Timestamp>,
    /// For display and diagnosis; it never keeps a server awake.
    pub last_presence: Option<Timestamp>,
    /// The last moment at which a kernel counted as busy, from earlier looks.
    pub last_busy: Option<Timestamp>,
    pub kernels: Vec<Kernel>,
    pub thawed: Option<Thawed>,
    /// Since when the hub has looked without a break.
    pub watched_since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Ready,
    Frozen,
}

/// A kernel as the hub saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel {
    pub state: KernelState,
    /// Since when by the hub's clock.
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelState {
    Busy,
    Starting,
    Idle,
    /// The server did not answer.
    Unknown,
}

/// A thaw by a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thawed {
    pub at: Timestamp,
    /// Thaws since the last interaction, this one counted.
    pub thaws_in_vain: u32,
}

/// What the ladder says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub step: LadderStep,
    /// The next step if nothing happens, and whether to warn of it.
    pub next: Option<NextPause>,
    /// Since when the server has been idle; not later than now.
    pub idle_since: Timestamp,
    /// A kernel counts as busy now.
    pub busy: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LadderStep {
    Stay,
    Freeze,
    Stop(StopCause),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopCause {
    Idle,
    MaxAge,
}

/// Looks at one server that is alive.
#[must_use]
pub fn look(signals: &Signals, settings: &LadderSettings, now: Timestamp) -> Decision {
    let busy_until = busy_until(&signals.kernels, settings, now);
    let busy = signals.liveness == Liveness::Ready && busy_until == Some(now);
    let idle_since = idle_since(signals, busy_until, now);
    let (step, next) = match plan(signals, settings, idle_since, now) {
        Some(planned) if planned.at <= now => (planned.step, None),
        Some(planned) => (LadderStep::Stay, Some(planned.announced(now))),
        None => (LadderStep::Stay, None),
    };
    Decision {
        step,
        next,
        idle_since,
        busy,
    }
}

/// Until when kernels count as busy: `now` while one does, an earlier moment when its allowance
/// has run out, none when no kernel computes.
#[must_use]
pub fn busy_until(
    kernels: &[Kernel],
    settings: &LadderSettings,
    now: Timestamp,
) -> Option<Timestamp> {
    kernels
        .iter()
        .filter_map(|kernel| {
            let allowance_ms = match kernel.state {
                KernelState::Busy => settings.keep_busy_ms,
                KernelState::Starting => KERNEL_STARTING_MS.min(settings.keep_busy_ms),
                KernelState::Unknown => KERNELS_UNKNOWN_MS.min(settings.keep_busy_ms),
                KernelState::Idle => return None,
            };
            Some(kernel.since.min(now).plus_ms(allowance_ms).min(now))
        })
        .max()
}

/// Whether a server that rests since `resting_since` is archived now.
#[must_use]
pub fn is_archive_due(resting_since: Timestamp, settings: &LadderSettings, now: Timestamp) -> bool {
    now.since_ms(resting_since) >= settings.archive_after_ms
}

struct Planned {
    at: Timestamp,
    step: LadderStep,
    /// From here on the owner is warned.
    warn_at: Timestamp,
}

impl Planned {
    fn announced(&self, now: Timestamp) -> NextPause {
        let becomes = match self.step {
            LadderStep::Freeze => ServerState::Frozen,
            LadderStep::Stop(_) | LadderStep::Stay => ServerState::Stopped,
        };
        NextPause {
            becomes,
            at: self.at,
            warn: now >= self.warn_at,
        }
    }
}

fn idle_since(signals: &Signals, busy_until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let busy_until = match signals.liveness {
        Liveness::Ready => busy_until,
        // A held kernel computes nothing, whatever it did when it was held.
        Liveness::Frozen => None,
    };
    [signals.last_interaction, signals.last_busy, busy_until]
        .into_iter()
        .flatten()
        .chain([signals.started_at])
        .map(|time| time.min(now))
        .max()
        .unwrap_or(now)
}

/// The step that is due, or else the one that comes first.
fn plan(
    signals: &Signals,
    settings: &LadderSettings,
    idle_since: Timestamp,
    now: Timestamp,
) -> Option<Planned> {
    let notice_ms = |period_ms: i64| settings.warn_before_ms.min(period_ms / 2);
    let max_age = settings.max_age_ms.map(|age_ms| {
        let at = signals.started_at.min(now).plus_ms(age_ms);
        Planned {
            at,
            step: LadderStep::Stop(StopCause::MaxAge),
            warn_at: at.plus_ms(-notice_ms(age_ms)),
        }
    });
    let when_idle = |idle_ms: i64, step| {
        let notice_ms = notice_ms(idle_ms);
        // Who was away as long as we were could neither be seen nor be warned.
        let warned_at = signals.watched_since.min(now).plus_ms(notice_ms);
        let at = idle_since.plus_ms(idle_ms).max(warned_at);
        Planned {
            at,
            step,
            warn_at: at.plus_ms(-notice_ms),
        }
    };
    let stop = settings
        .stop_after_ms
        .map(|idle_ms| when_idle(idle_ms, LadderStep::Stop(StopCause::Idle)));
    let freeze = match signals.liveness {
        Liveness::Frozen => None,
        Liveness::Ready => settings.freeze_after_ms.map(|idle_ms| {
            let mut freeze = when_idle(idle_ms, LadderStep::Freeze);
            if let Some(thawed) = signals.thawed {
                freeze.at = freeze.at.max(
                    thawed
                        .at
                        .min(now)
                        .plus_ms(thaw_grace_ms(thawed.thaws_in_vain)),
                );
            }
            freeze
        }),
    };
    // Of those that are due the step furthest down wins: a server does not freeze only to stop.
    let mut steps: Vec<Planned> = [max_age, stop, freeze].into_iter().flatten().collect();
    let chosen = steps
        .iter()
        .position(|planned| planned.at <= now)
        .or_else(|| (0..steps.len()).min_by_key(|position| steps[*position].at))?;
    Some(steps.swap_remove(chosen))
}

fn thaw_grace_ms(thaws_in_vain: u32) -> i64 {
    THAW_GRACE_MS
        << thaws_in_vain
            .saturating_sub(1)
            .min(THAW_GRACE_DOUBLINGS_MAX)
}
