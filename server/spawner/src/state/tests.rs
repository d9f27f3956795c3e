use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);
const DURATIONS: Durations = Durations {
    start_ms: 60_000,
    stop_ms: 40_000,
    archive_ms: 1_000_000,
};

fn failure() -> ServerFailure {
    ServerFailure {
        phase: ServerState::Booting,
        cause: "it broke".to_owned(),
        hint: "mend it".to_owned(),
        at: NOW,
    }
}

/// One life in each state, with the wish that goes with it.
fn life(kind: ServerState) -> Life {
    let deadline = NOW.plus_ms(1_000);
    let archive_at = deadline;
    let (state, desired) = match kind {
        ServerState::Queued => (State::Queued { deadline }, Desired::Running),
        ServerState::Provisioning => (State::Provisioning { deadline }, Desired::Running),
        ServerState::Booting => (State::Booting { deadline }, Desired::Running),
        ServerState::Starting => (State::Starting { deadline }, Desired::Running),
        ServerState::Ready => (State::Ready, Desired::Running),
        ServerState::Frozen => (State::Frozen, Desired::Frozen),
        ServerState::Stopping => (State::Stopping { deadline }, Desired::Stopped),
        ServerState::Stopped => (State::Stopped { archive_at }, Desired::Stopped),
        ServerState::Archived => (State::Archived, Desired::Stopped),
        ServerState::Failed => (
            State::Failed {
                failure: failure(),
                archive_at,
            },
            Desired::Stopped,
        ),
        ServerState::Lost => (
            State::Lost {
                failure: failure(),
                archive_at,
            },
            Desired::Stopped,
        ),
        ServerState::Destroying => (State::Destroying { deadline }, Desired::Destroyed),
    };
    Life {
        state,
        desired,
        generation: 3,
        safe_mode: false,
    }
}

fn events() -> Vec<Event> {
    vec![
        Event::Wanted(Wish::Start),
        Event::Wanted(Wish::StartSafeMode),
        Event::Wanted(Wish::Stop),
        Event::Wanted(Wish::Freeze),
        Event::Wanted(Wish::Thaw),
        Event::Wanted(Wish::Destroy),
        Event::TurnCame,
        Event::Provisioned,
        Event::Booted,
        Event::Answered,
        Event::Froze,
        Event::Thawed,
        Event::Ended,
        Event::Destroyed,
        Event::Failed(failure()),
        Event::Died(failure()),
        Event::Vanished(failure(), AfterLoss::Rest),
        Event::Vanished(failure(), AfterLoss::StartAgain),
        Event::ArchiveDue,
    ]
}

fn alive(next: Next) -> Life {
    match next {
        Next::Life(life) => life,
        Next::Gone => panic!("the server is gone"),
    }
}

fn after(life: &Life, event: Event) -> Result<Life, Refusal> {
    life.after(event, NOW, DURATIONS)
        .map(|(next, _)| alive(next))
}

/// The state that follows, or the start of the refusal.
fn check(from: ServerState, event: Event, expected: Result<ServerState, Refusal>) {
    let found = after(&life(from), event.clone()).map(|life| life.state.kind());
    assert_eq!(found, expected, "{from:?} after {event:?}");
}

#[test]
fn the_way_up_and_down() {
    use ServerState as S;
    for (from, event, to) in [
        (S::Stopped, Event::Wanted(Wish::Start), S::Queued),
        (S::Archived, Event::Wanted(Wish::Start), S::Queued),
        (S::Failed, Event::Wanted(Wish::Start), S::Queued),
        (S::Lost, Event::Wanted(Wish::StartSafeMode), S::Queued),
        (S::Queued, Event::TurnCame, S::Provisioning),
        (S::Provisioning, Event::Provisioned, S::Booting),
        (S::Booting, Event::Booted, S::Starting),
        (S::Starting, Event::Answered, S::Ready),
        (S::Ready, Event::Froze, S::Frozen),
        (S::Frozen, Event::Thawed, S::Ready),
        (S::Queued, Event::Wanted(Wish::Stop), S::Stopped),
        (S::Booting, Event::Wanted(Wish::Stop), S::Stopping),
        (S::Frozen, Event::Wanted(Wish::Stop), S::Stopping),
        (S::Stopping, Event::Ended, S::Stopped),
        (S::Stopped, Event::ArchiveDue, S::Archived),
        (S::Stopping, Event::Failed(failure()), S::Failed),
        (S::Ready, Event::Died(failure()), S::Failed),
        (
            S::Ready,
            Event::Vanished(failure(), AfterLoss::Rest),
            S::Lost,
        ),
        (S::Starting, Event::Wanted(Wish::Destroy), S::Destroying),
        (S::Destroying, Event::Failed(failure()), S::Failed),
    ] {
        check(from, event, Ok(to));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    use ServerState as S;
    check(
        S::Destroying,
        Event::Wanted(Wish::Start),
        Err(Refusal::BeingDeleted),
    );
    check(
        S::Ready,
        Event::Wanted(Wish::StartSafeMode),
        Err(Refusal::AlreadyRunning),
    );
    check(
        S::Stopped,
        Event::Wanted(Wish::Freeze),
        Err(Refusal::NotRunning),
    );
    check(
        S::Starting,
        Event::Wanted(Wish::Freeze),
        Err(Refusal::NotRunning),
    );
    check(
        S::Stopped,
        Event::Wanted(Wish::Thaw),
        Err(Refusal::NotFrozen),
    );
    // A boot that ends after the stop was asked for does not bring the server back.
    check(
        S::Stopping,
        Event::Booted,
        Err(Refusal::OutOfOrder { state: "stopping" }),
    );
    check(
        S::Stopped,
        Event::Answered,
        Err(Refusal::OutOfOrder { state: "stopped" }),
    );
    check(
        S::Stopped,
        Event::Died(failure()),
        Err(Refusal::OutOfOrder { state: "stopped" }),
    );
}

#[test]
fn asking_twice_changes_nothing() {
    for (kind, wish) in [
        (ServerState::Queued, Wish::Start),
        (ServerState::Booting, Wish::Start),
        (ServerState::Ready, Wish::Start),
        (ServerState::Stopped, Wish::Stop),
        (ServerState::Stopping, Wish::Stop),
        (ServerState::Frozen, Wish::Freeze),
        (ServerState::Destroying, Wish::Destroy),
    ] {
        let before = life(kind);
        let (next, effects) = before.after(Event::Wanted(wish), NOW, DURATIONS).unwrap();
        assert_eq!(alive(next), before, "{kind:?}");
        assert_eq!(
            effects,
            Effects {
                audit: None,
                quiet: true
            }
        );
    }
}

#[test]
fn a_start_during_a_stop_follows_the_stop() {
    let stopping = after(
        &life(ServerState::Stopping),
        Event::Wanted(Wish::StartSafeMode),
    )
    .unwrap();
    assert_eq!(stopping.state.kind(), ServerState::Stopping);
    let queued = after(&stopping, Event::Ended).unwrap();
    assert_eq!(
        (queued.state.kind(), queued.safe_mode),
        (ServerState::Queued, true)
    );

    // Unless it is taken back.
    let taken_back = after(&stopping, Event::Wanted(Wish::Stop)).unwrap();
    assert_eq!(
        after(&taken_back, Event::Ended).unwrap().state.kind(),
        ServerState::Stopped
    );
}

#[test]
fn a_failed_start_does_not_repeat_itself() {
    let failed = after(&life(ServerState::Booting), Event::Failed(failure())).unwrap();
    assert_eq!(
        (failed.step(), failed.desired),
        (Step::Rest, Desired::Stopped)
    );
    assert_eq!(failed.state.failure(), Some(&failure()));
}

#[test]
fn a_normal_start_leaves_safe_mode() {
    let mut stopped = life(ServerState::Stopped);
    stopped.safe_mode = true;
    assert!(
        !after(&stopped, Event::Wanted(Wish::Start))
            .unwrap()
            .safe_mode
    );
}

#[test]
fn a_start_has_one_deadline_for_all_its_phases() {
    let provisioning = after(&life(ServerState::Queued), Event::TurnCame).unwrap();
    let deadline = provisioning.state.deadline();
    assert_eq!(deadline, Some(NOW.plus_ms(DURATIONS.start_ms)));
    let booting = after(&provisioning, Event::Provisioned).unwrap();
    assert_eq!(booting.state.deadline(), deadline);
    assert_eq!(
        after(&booting, Event::Booted).unwrap().state.deadline(),
        deadline
    );
}

#[test]
fn each_state_has_a_deadline_and_an_exit() {
    for kind in ServerState::ALL {
        let life = life(kind);
        // What the system must move on has a deadline; so has everything but what people use,
        // which the ladder and the liveness check bound, and what rests for ever.
        let unbounded = [
            ServerState::Ready,
            ServerState::Frozen,
            ServerState::Archived,
        ]
        .contains(&kind);
        assert_eq!(life.state.deadline().is_none(), unbounded, "{kind:?}");
        if life.step() != Step::Rest {
            assert!(
                life.state.deadline().is_some(),
                "{kind:?} acts without a deadline"
            );
            check(kind, Event::Failed(failure()), Ok(ServerState::Failed));
        }
        // Somebody can always get it to run again or be rid of it.
        let exits =
            events()
                .into_iter()
                .filter(|event| match life.after(event.clone(), NOW, DURATIONS) {
                    Ok((Next::Life(next), _)) => next.state.kind() != kind,
                    Ok((Next::Gone, _)) => true,
                    Err(_) => false,
                });
        assert!(exits.count() > 0, "{kind:?} has no exit");
        if kind != ServerState::Destroying {
            check(
                kind,
                Event::Wanted(Wish::Destroy),
                Ok(ServerState::Destroying),
            );
        }
    }
}

#[test]
fn a_restart_of_the_hub_gives_time_anew() {
    let later = NOW.plus_ms(10_000_000);
    for kind in ServerState::ALL {
        let old = life(kind).state;
        let new = old.with_new_deadline(later, DURATIONS);
        assert_eq!(new.kind(), kind);
        if life(kind).step() != Step::Rest {
            assert!(new.deadline() > Some(later), "{kind:?}");
        }
    }
}

#[test]
fn wishes_read_back() {
    for desired in [
        Desired::Running,
        Desired::Frozen,
        Desired::Stopped,
        Desired::Destroyed,
    ] {
        assert_eq!(Desired::parse(desired.as_str()), Some(desired));
    }
    assert_eq!(Desired::parse("elsewhere"), None);
}

/// The edges of the diagram at the top of the module.
fn is_drawn(from: ServerState, to: ServerState) -> bool {
    use ServerState as S;
    match (from, to) {
        _ if from == to => true,
        (_, S::Failed | S::Destroying) => true,
        (S::Queued, S::Provisioning | S::Stopped) => true,
        (S::Provisioning, S::Booting) | (S::Booting, S::Starting) | (S::Starting, S::Ready) => true,
        (S::Ready, S::Frozen) | (S::Frozen, S::Ready) => true,
        (_, S::Stopping) => from.is_starting() || from.is_alive(),
        (_, S::Lost) => from.is_alive(),
        (S::Stopping, S::Stopped | S::Queued) => true,
        (_, S::Queued) => from.is_startable(),
        (_, S::Archived) => matches!(from, S::Stopped | S::Failed | S::Lost),
        _ => false,
    }
}

proptest! {
    #[test]
    fn any_sequence_of_events_stays_on_the_diagram(
        choices in proptest::collection::vec(any::<proptest::sample::Index>(), 0..200)
    ) {
        let events = events();
        let mut life = Life::new(NOW, DURATIONS);
        let mut now = NOW;
        for choice in choices {
            now = now.plus_ms(1_000);
            let event = choice.get(&events).clone();
            let Ok((next, effects)) = life.after(event.clone(), now, DURATIONS) else { continue };
            let Next::Life(next) = next else {
                prop_assert_eq!(life.state.kind(), ServerState::Destroying);
                return Ok(());
            };
            let (from, to) = (life.state.kind(), next.state.kind());
            prop_assert!(is_drawn(from, to), "{:?} → {:?} by {:?}", from, to, event);
            prop_assert!(next.generation >= life.generation);
            prop_assert_eq!(next.generation > life.generation, from == ServerState::Queued && to == ServerState::Provisioning);
            prop_assert_eq!(effects.quiet, from == to);
            if to == ServerState::Ready && from != to {
                prop_assert!(matches!(from, ServerState::Starting | ServerState::Frozen));
            }
            if next.state != life.state && let Some(deadline) = next.state.deadline() {
                prop_assert!(deadline > now || from.is_starting());
            }
            life = next;
        }
    }
}
