use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;
const SETTINGS: LadderSettings = LadderSettings {
    freeze_after_ms: Some(10 * MINUTE),
    stop_after_ms: Some(60 * MINUTE),
    warn_before_ms: 5 * MINUTE,
    keep_busy_ms: 240 * MINUTE,
    max_age_ms: None,
    archive_after_ms: 1_000 * MINUTE,
};

/// Minute 0 of these tests.
const START: Timestamp = Timestamp(1_700_000_000_000);

fn minute(minutes: i64) -> Timestamp {
    START.plus_ms(minutes * MINUTE)
}

fn ready() -> Signals {
    Signals {
        liveness: Liveness::Ready,
        started_at: START,
        last_interaction: None,
        last_presence: None,
        last_busy: None,
        kernels: vec![],
        thawed: None,
        watched_since: START,
    }
}

fn frozen() -> Signals {
    Signals {
        liveness: Liveness::Frozen,
        ..ready()
    }
}

fn kernel(state: KernelState, since_minutes: i64) -> Vec<Kernel> {
    vec![Kernel {
        state,
        since: minute(since_minutes),
    }]
}

/// The step at each of these minutes.
fn check(name: &str, signals: &Signals, settings: &LadderSettings, expected: &[(i64, LadderStep)]) {
    for (minutes, step) in expected {
        let decision = look(signals, settings, minute(*minutes));
        assert_eq!(
            decision.step, *step,
            "{name} at minute {minutes}: {decision:?}"
        );
    }
}

const STAY: LadderStep = LadderStep::Stay;
const FREEZE: LadderStep = LadderStep::Freeze;
const STOP: LadderStep = LadderStep::Stop(StopCause::Idle);
const TOO_OLD: LadderStep = LadderStep::Stop(StopCause::MaxAge);

#[test]
fn an_unused_server_freezes_and_then_stops() {
    check(
        "never used",
        &ready(),
        &SETTINGS,
        &[(0, STAY), (9, STAY), (10, FREEZE), (59, FREEZE), (60, STOP)],
    );
    check(
        "frozen",
        &frozen(),
        &SETTINGS,
        &[(10, STAY), (59, STAY), (60, STOP)],
    );
}

#[test]
fn interaction_starts_the_clock_anew_and_presence_does_not() {
    let used = Signals {
        last_interaction: Some(minute(30)),
        ..ready()
    };
    check(
        "used",
        &used,
        &SETTINGS,
        &[(39, STAY), (40, FREEZE), (89, FREEZE), (90, STOP)],
    );
    let open_tab = Signals {
        last_presence: Some(minute(60)),
        ..ready()
    };
    check(
        "an open tab",
        &open_tab,
        &SETTINGS,
        &[(10, FREEZE), (60, STOP)],
    );
}

#[test]
fn a_busy_kernel_keeps_a_server_awake_within_its_allowance() {
    let busy = Signals {
        kernels: kernel(KernelState::Busy, 5),
        ..ready()
    };
    check(
        "busy",
        &busy,
        &SETTINGS,
        &[
            (60, STAY),
            (244, STAY),
            (245 + 9, STAY),
            (245 + 10, FREEZE),
            (245 + 60, STOP),
        ],
    );
    let was_busy = Signals {
        last_busy: Some(minute(100)),
        ..ready()
    };
    check(
        "was busy",
        &was_busy,
        &SETTINGS,
        &[(109, STAY), (110, FREEZE), (160, STOP)],
    );
    let never = LadderSettings {
        keep_busy_ms: 0,
        ..SETTINGS
    };
    check(
        "busy does not count",
        &busy,
        &never,
        &[(14, STAY), (15, FREEZE)],
    );
}

#[test]
fn starting_and_silent_kernels_count_for_a_while() {
    let starting = Signals {
        kernels: kernel(KernelState::Starting, 9),
        ..ready()
    };
    check(
        "starting",
        &starting,
        &SETTINGS,
        &[(10, STAY), (11 + 9, STAY), (11 + 10, FREEZE)],
    );
    let silent = Signals {
        kernels: kernel(KernelState::Unknown, 9),
        ..ready()
    };
    check(
        "silent",
        &silent,
        &SETTINGS,
        &[(14, STAY), (14 + 9, STAY), (14 + 10, FREEZE)],
    );
    let idle = Signals {
        kernels: kernel(KernelState::Idle, 9),
        ..ready()
    };
    check("idle", &idle, &SETTINGS, &[(10, FREEZE)]);
}

#[test]
fn a_frozen_kernel_is_not_busy() {
    let held = Signals {
        kernels: kernel(KernelState::Busy, 5),
        last_busy: Some(minute(8)),
        ..frozen()
    };
    check("held", &held, &SETTINGS, &[(67, STAY), (68, STOP)]);
    assert!(!look(&held, &SETTINGS, minute(9)).busy);
}

#[test]
fn times_from_the_future_do_not_count() {
    let lies = Signals {
        last_interaction: Some(minute(10_000)),
        last_busy: Some(minute(10_000)),
        kernels: kernel(KernelState::Busy, 10_000),
        ..ready()
    };
    let decision = look(&lies, &SETTINGS, minute(20));
    assert_eq!(decision.idle_since, minute(20));
}

#[test]
fn age_stops_even_an_active_server() {
    let settings = LadderSettings {
        max_age_ms: Some(120 * MINUTE),
        ..SETTINGS
    };
    let active = Signals {
        last_interaction: Some(minute(119)),
        kernels: kernel(KernelState::Busy, 0),
        ..ready()
    };
    check("old", &active, &settings, &[(119, STAY), (120, TOO_OLD)]);
    let next = look(&active, &settings, minute(118)).next.unwrap();
    assert_eq!(
        (next.becomes, next.at, next.warn),
        (ServerState::Stopped, minute(120), true)
    );
}

#[test]
fn steps_that_are_switched_off_are_not_taken() {
    let no_freeze = LadderSettings {
        freeze_after_ms: None,
        ..SETTINGS
    };
    check("no freeze", &ready(), &no_freeze, &[(59, STAY), (60, STOP)]);
    let never = LadderSettings {
        freeze_after_ms: None,
        stop_after_ms: None,
        ..SETTINGS
    };
    check("never", &ready(), &never, &[(1_000_000, STAY)]);
    assert_eq!(look(&ready(), &never, minute(5)).next, None);
    let freeze_only = LadderSettings {
        stop_after_ms: None,
        ..SETTINGS
    };
    check("freeze only", &frozen(), &freeze_only, &[(1_000_000, STAY)]);
}

#[test]
fn a_stop_that_comes_first_leaves_out_the_freeze() {
    let quick = LadderSettings {
        stop_after_ms: Some(10 * MINUTE),
        ..SETTINGS
    };
    check("equal", &ready(), &quick, &[(9, STAY), (10, STOP)]);
}

#[test]
fn a_shorter_timeout_takes_effect_at_once() {
    let signals = ready();
    assert_eq!(look(&signals, &SETTINGS, minute(5)).step, STAY);
    let shorter = LadderSettings {
        stop_after_ms: Some(5 * MINUTE),
        ..SETTINGS
    };
    assert_eq!(look(&signals, &shorter, minute(5)).step, STOP);
}

#[test]
fn the_owner_is_warned_before_each_step() {
    for (minutes, becomes, at, warn) in [
        (0, ServerState::Frozen, 10, false),
        (4, ServerState::Frozen, 10, false),
        (5, ServerState::Frozen, 10, true),
    ] {
        let next = look(&ready(), &SETTINGS, minute(minutes)).next.unwrap();
        assert_eq!(
            (next.becomes, next.at, next.warn),
            (becomes, minute(at), warn),
            "minute {minutes}"
        );
    }
    let next = look(&frozen(), &SETTINGS, minute(55)).next.unwrap();
    assert_eq!(
        (next.becomes, next.at, next.warn),
        (ServerState::Stopped, minute(60), true)
    );

    // A warning takes at most the second half of a short period.
    let short = LadderSettings {
        freeze_after_ms: Some(4 * MINUTE),
        ..SETTINGS
    };
    assert!(!look(&ready(), &short, minute(1)).next.unwrap().warn);
    assert!(look(&ready(), &short, minute(2)).next.unwrap().warn);
}

#[test]
fn who_could_not_be_warned_is_warned_first() {
    // The hub was away, or its host slept, until minute 100.
    let found = Signals {
        watched_since: minute(100),
        ..ready()
    };
    check(
        "ready",
        &found,
        &SETTINGS,
        &[(100, STAY), (104, STAY), (105, STOP)],
    );
    let next = look(&found, &SETTINGS, minute(100)).next.unwrap();
    assert_eq!((next.at, next.warn), (minute(105), true));
    let held = Signals {
        watched_since: minute(100),
        ..frozen()
    };
    check("frozen", &held, &SETTINGS, &[(104, STAY), (105, STOP)]);
    let back = Signals {
        last_interaction: Some(minute(102)),
        ..found
    };
    check("came back", &back, &SETTINGS, &[(111, STAY), (112, FREEZE)]);
}

#[test]
fn a_thaw_by_a_request_gives_a_moment_and_no_new_hour() {
    let thawed = |at, thaws_in_vain| Signals {
        thawed: Some(Thawed {
            at: minute(at),
            thaws_in_vain,
        }),
        ..ready()
    };
    check(
        "first",
        &thawed(20, 1),
        &SETTINGS,
        &[(20, STAY), (21, FREEZE)],
    );
    check(
        "second",
        &thawed(22, 2),
        &SETTINGS,
        &[(23, STAY), (24, FREEZE)],
    );
    check(
        "many",
        &thawed(30, 99),
        &SETTINGS,
        &[(59, STAY), (60, STOP)],
    );
    let back = Signals {
        last_interaction: Some(minute(20)),
        ..thawed(20, 1)
    };
    check(
        "somebody came",
        &back,
        &SETTINGS,
        &[(29, STAY), (30, FREEZE), (80, STOP)],
    );
}

#[test]
fn archiving_is_by_rest() {
    assert!(!is_archive_due(START, &SETTINGS, minute(999)));
    assert!(is_archive_due(START, &SETTINGS, minute(1_000)));
}

fn times() -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((-100_i64..400).prop_map(minute))
}

prop_compose! {
    fn signals()(
        is_ready in any::<bool>(),
        started in -100_i64..100,
        last_interaction in times(),
        last_presence in times(),
        last_busy in times(),
        kernels in proptest::collection::vec((0_usize..4, -100_i64..400), 0..4),
        thawed in proptest::option::of((-100_i64..400, 1_u32..10)),
        watched_since in -100_i64..400,
    ) -> Signals {
        let states = [KernelState::Busy, KernelState::Starting, KernelState::Idle, KernelState::Unknown];
        Signals {
            liveness: if is_ready { Liveness::Ready } else { Liveness::Frozen },
            started_at: minute(started),
            last_interaction,
            last_presence,
            last_busy,
            kernels: kernels.into_iter().map(|(state, since)| Kernel { state: states[state], since: minute(since) }).collect(),
            thawed: thawed.map(|(at, thaws_in_vain)| Thawed { at: minute(at), thaws_in_vain }),
            watched_since: minute(watched_since),
        }
    }
}

prop_compose! {
    fn settings()(
        freeze in proptest::option::of(1_i64..60),
        stop in proptest::option::of(1_i64..120),
        warn in 0_i64..20,
        keep_busy in 0_i64..300,
        max_age in proptest::option::of(1_i64..500),
    ) -> LadderSettings {
        LadderSettings {
            freeze_after_ms: freeze.map(|minutes| minutes * MINUTE),
            stop_after_ms: stop.map(|minutes| minutes * MINUTE),
            warn_before_ms: warn * MINUTE,
            keep_busy_ms: keep_busy * MINUTE,
            max_age_ms: max_age.map(|minutes| minutes * MINUTE),
            archive_after_ms: 1_000 * MINUTE,
        }
    }
}

proptest! {
    #[test]
    fn presence_never_matters(signals in signals(), settings in settings(), now in 0_i64..400, other in times()) {
        let now = minute(now);
        let elsewhere = Signals { last_presence: other, ..signals.clone() };
        prop_assert_eq!(look(&signals, &settings, now), look(&elsewhere, &settings, now));
    }

    #[test]
    fn an_idle_server_is_stopped_in_bounded_time(signals in signals(), settings in settings(), now in 0_i64..400) {
        let Some(stop_after_ms) = settings.stop_after_ms else { return Ok(()) };
        let now = minute(now);
        let decision = look(&signals, &settings, now);
        prop_assert!(decision.idle_since <= now);
        if !decision.busy {
            // Nothing but time passes from here.
            let later = decision.idle_since.plus_ms(stop_after_ms).max(now.plus_ms(settings.warn_before_ms));
            let signals = Signals { watched_since: signals.watched_since.min(now), last_interaction: signals.last_interaction.map(|time| time.min(now)), last_busy: signals.last_busy.map(|time| time.min(now)), started_at: signals.started_at.min(now), kernels: vec![], ..signals };
            let decision = look(&signals, &settings, later.plus_ms(settings.keep_busy_ms));
            prop_assert!(matches!(decision.step, LadderStep::Stop(_)), "{:?}", decision);
        }
    }

    #[test]
    fn the_announced_step_is_the_one_that_comes(signals in signals(), settings in settings(), now in 0_i64..400) {
        let now = minute(now);
        let signals = Signals { kernels: vec![], watched_since: signals.watched_since.min(now), last_interaction: signals.last_interaction.map(|time| time.min(now)), last_busy: signals.last_busy.map(|time| time.min(now)), started_at: signals.started_at.min(now), thawed: None, ..signals };
        let Some(next) = look(&signals, &settings, now).next else { return Ok(()) };
        prop_assert!(next.at > now);
        prop_assert_eq!(look(&signals, &settings, next.at.plus_ms(-1)).step, LadderStep::Stay);
        let step = look(&signals, &settings, next.at).step;
        match next.becomes {
            ServerState::Frozen => prop_assert_eq!(step, LadderStep::Freeze),
            _ => prop_assert!(matches!(step, LadderStep::Stop(_))),
        }
    }

    #[test]
    fn more_activity_never_pauses_earlier(signals in signals(), settings in settings(), now in 0_i64..400, at in 0_i64..400) {
        let (now, at) = (minute(now), minute(at));
        let more = Signals { last_interaction: signals.last_interaction.max(Some(at)), ..signals.clone() };
        let order = |step: LadderStep| match step { LadderStep::Stay => 0, LadderStep::Freeze => 1, LadderStep::Stop(_) => 2 };
        prop_assert!(order(look(&more, &settings, now).step) <= order(look(&signals, &settings, now).step));
    }
}
