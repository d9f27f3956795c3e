use std::time::Duration;

use types::notebook::NoticeKind;

use super::*;
use crate::engine::{EngineError, LimitEvent};

/// A start that fails in `phase` says so, leaves nothing, does not repeat itself, and can be
/// repeated by a person.
async fn check_failing_start(call: StubCall, kind: FaultKind, phase: ServerState, cause: &str) {
    let settings = SpawnerSettings {
        start_timeout_ms: 1_500,
        ..testing::settings()
    };
    on_each(settings, |bench| {
        let kind = kind.clone();
        async move {
            bench.inject(call, 1, kind);
            let view = bench.signed_in("alice", StartAtSignIn::Yes).await;
            let failed = bench.reaches(view.server_id, ServerState::Failed).await;
            let failure = failed.failure.unwrap();
            assert_eq!(failure.phase, phase, "{call:?}");
            assert!(failure.cause.contains(cause), "{call:?}: {}", failure.cause);
            assert!(!failure.hint.is_empty());
            eventually("nothing is left", || async {
                bench.engine.alive().is_empty().then_some(())
            })
            .await;
            assert_eq!(bench.records.count("server.fail"), 1);

            // Another sign-in does not start it again: no loops.
            bench
                .spawner
                .ensure_default(
                    view.user_id,
                    "alice",
                    None,
                    &bench.actor,
                    StartAtSignIn::Yes,
                )
                .await
                .unwrap();
            assert_eq!(
                bench.spawner.server(view.server_id).await.unwrap().state,
                ServerState::Failed
            );

            bench.command(view.server_id, ServerCommand::Start).await;
            let ready = bench.reaches(view.server_id, ServerState::Ready).await;
            assert_eq!(ready.failure, None);
            bench.is_sound();
        }
    })
    .await;
}

#[tokio::test]
async fn a_home_that_cannot_be_made_fails_the_start() {
    let kind = FaultKind::Fail(EngineError::QuotaExceeded("no space on the device".into()));
    check_failing_start(
        StubCall::Provision,
        kind,
        ServerState::Provisioning,
        "no space on the device",
    )
    .await;
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_started_fails_the_start() {
    let kind = FaultKind::Fail(EngineError::Fatal("bubblewrap is missing".into()));
    check_failing_start(
        StubCall::Boot,
        kind,
        ServerState::Booting,
        "bubblewrap is missing",
    )
    .await;
}

#[tokio::test]
async fn an_engine_that_never_returns_fails_the_start_in_time() {
    check_failing_start(
        StubCall::Boot,
        FaultKind::Hang,
        ServerState::Booting,
        "too long",
    )
    .await;
    check_failing_start(
        StubCall::Provision,
        FaultKind::Hang,
        ServerState::Provisioning,
        "too long",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_never_answers_fails_the_start_in_time() {
    check_failing_start(
        StubCall::Answer,
        FaultKind::Hang,
        ServerState::Starting,
        "did not answer in time",
    )
    .await;
}

#[tokio::test]
async fn a_passing_fault_is_not_seen() {
    on_each(testing::settings(), |bench| async move {
        bench.inject(
            StubCall::Boot,
            2,
            FaultKind::Fail(EngineError::Transient("a hiccup".into())),
        );
        bench.ready("alice").await;
        assert_eq!(bench.engine.calls(StubCall::Boot), 3);
        assert_eq!(bench.records.count("server.fail"), 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_dies_while_it_starts_fails_at_once_and_keeps_its_log() {
    on_each(testing::settings(), |bench| async move {
        bench.inject(StubCall::Answer, 1, FaultKind::Hang);
        let view = bench.signed_in("alice", StartAtSignIn::Yes).await;
        bench.reaches(view.server_id, ServerState::Starting).await;
        bench
            .engine
            .crash(view.server_id, "exited with code 1", false);
        let failure = bench
            .reaches(view.server_id, ServerState::Failed)
            .await
            .failure
            .unwrap();
        assert_eq!(
            failure.cause,
            "It ended before JupyterLab answered: exited with code 1"
        );
        assert_eq!(
            bench.spawner.logs(view.server_id, 50).await.unwrap(),
            ["generation 1 starts"]
        );
        // Kept here even when the engine has forgotten it.
        assert_eq!(
            bench
                .spawner
                .resident(view.server_id)
                .unwrap()
                .server()
                .failure_log,
            ["generation 1 starts"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_that_dies_behind_our_back_is_found_with_its_cause() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        let frozen = bench.ready("bob").await;
        bench.command(frozen.server_id, ServerCommand::Freeze).await;
        bench.reaches(frozen.server_id, ServerState::Frozen).await;
        bench
            .engine
            .crash(view.server_id, "killed: out of memory", true);
        bench
            .engine
            .crash(frozen.server_id, "killed by signal 9", false);
        let failed = bench.reaches(view.server_id, ServerState::Failed).await;
        let failure = failed.failure.unwrap();
        assert_eq!(
            (failure.phase, failure.cause.as_str()),
            (
                ServerState::Ready,
                "It ended by itself: killed: out of memory"
            )
        );
        assert!(failure.hint.contains("larger"));
        assert!(bench.spawner.door("alice").unwrap().way_in.is_none());
        let failure = bench
            .reaches(frozen.server_id, ServerState::Failed)
            .await
            .failure
            .unwrap();
        assert_eq!(failure.phase, ServerState::Frozen);
        // It ran well before: the next sign-in may start it.
        bench
            .spawner
            .ensure_default(
                view.user_id,
                "alice",
                None,
                &bench.actor,
                StartAtSignIn::Yes,
            )
            .await
            .unwrap();
        bench.reaches(view.server_id, ServerState::Ready).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_server_leaves_is_cleared_away_without_a_start() {
    use crate::engine::Engine;
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench
            .engine
            .crash(view.server_id, "exited with code 1", false);
        bench.reaches(view.server_id, ServerState::Failed).await;
        eventually("the engine has forgotten it", || async {
            let observed = bench.engine.observe().await.unwrap();
            observed.is_empty().then_some(())
        })
        .await;
        assert_eq!(
            bench.records.count("server.orphan"),
            0,
            "it had an owner all the time"
        );
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn a_lost_server_starts_anew_once_and_no_more() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.engine.vanish(view.server_id);
        eventually("it runs again", || async {
            bench
                .engine
                .alive()
                .contains_key(&view.server_id)
                .then_some(())
        })
        .await;
        let again = bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(again.cause, "reconciler: it was lost and starts anew");
        assert_eq!(bench.records.count("server.lost"), 1);
        bench.engine.vanish(view.server_id);
        let lost = bench.reaches(view.server_id, ServerState::Lost).await;
        assert!(lost.failure.unwrap().cause.contains("not running any more"));
        assert!(
            bench
                .history(view.server_id)
                .await
                .iter()
                .any(|message| message.contains("nothing says why"))
        );
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn servers_that_ended_while_the_hub_was_away_are_found_when_it_comes_back() {
    on_each(testing::settings(), |bench| async move {
        let crashed = bench.ready("alice").await;
        let frozen = bench.ready("bob").await;
        bench.command(frozen.server_id, ServerCommand::Freeze).await;
        bench.reaches(frozen.server_id, ServerState::Frozen).await;
        let running = bench.ready("carol").await;
        bench.spawner.shutdown().await;
        bench
            .engine
            .crash(crashed.server_id, "exited with code 1", false);
        bench.engine.vanish(frozen.server_id);
        let bench = bench.reopened(testing::settings()).await;
        let state = |server_id| {
            let spawner = bench.spawner.clone();
            async move { spawner.server(server_id).await.unwrap().state }
        };
        assert_eq!(state(crashed.server_id).await, ServerState::Failed);
        assert_eq!(state(frozen.server_id).await, ServerState::Lost);
        assert_eq!(state(running.server_id).await, ServerState::Ready);
    })
    .await;
}

#[tokio::test]
async fn a_stop_that_fails_says_so_and_is_finished_later() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        // The stop and the clearing away after it.
        bench.inject(
            StubCall::Stop,
            2,
            FaultKind::Fail(EngineError::Fatal("a stuck process".into())),
        );
        bench.command(view.server_id, ServerCommand::Stop).await;
        let failure = bench
            .reaches(view.server_id, ServerState::Failed)
            .await
            .failure
            .unwrap();
        assert_eq!(failure.phase, ServerState::Stopping);
        assert!(failure.cause.contains("a stuck process"));
        eventually("the sweep stops it", || async {
            bench.engine.alive().is_empty().then_some(())
        })
        .await;
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_does_not_say_what_runs_loses_nothing() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.inject(
            StubCall::Observe,
            1_000_000,
            FaultKind::Fail(EngineError::Transient("no answer".into())),
        );
        let before = bench.engine.calls(StubCall::Observe);
        eventually("it is asked again", || async {
            (bench.engine.calls(StubCall::Observe) > before + 1).then_some(())
        })
        .await;
        assert_eq!(
            bench.spawner.server(view.server_id).await.unwrap().state,
            ServerState::Ready
        );
        let bench = bench.reopened(testing::settings()).await;
        assert_eq!(
            bench.spawner.server(view.server_id).await.unwrap().state,
            ServerState::Ready
        );
        assert!(bench.engine.alive().contains_key(&view.server_id));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_freeze_goes_on_running() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.inject(
            StubCall::Freeze,
            1,
            FaultKind::Fail(EngineError::Fatal("no freezer".into())),
        );
        bench.command(view.server_id, ServerCommand::Freeze).await;
        let cause = eventually("it says why", || async {
            let view = bench.spawner.server(view.server_id).await.unwrap();
            view.cause.contains("no freezer").then_some(view)
        })
        .await;
        assert_eq!(cause.state, ServerState::Ready);
        assert!(bench.spawner.door("alice").unwrap().way_in.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_thaw_fails_with_a_cause() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.command(view.server_id, ServerCommand::Freeze).await;
        bench.reaches(view.server_id, ServerState::Frozen).await;
        bench.inject(
            StubCall::Thaw,
            2,
            FaultKind::Fail(EngineError::Fatal("stuck".into())),
        );
        bench
            .spawner
            .thaw_for_request(view.server_id, ActivityKind::Interaction)
            .await
            .unwrap_err();
        let failure = bench
            .reaches(view.server_id, ServerState::Failed)
            .await
            .failure
            .unwrap();
        assert_eq!(failure.phase, ServerState::Frozen);
        assert!(failure.cause.contains("stuck"), "{}", failure.cause);
        eventually("nothing is left", || async {
            bench.engine.alive().is_empty().then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_fails_after_something_else_was_wanted_does_not_matter() {
    on_each(testing::settings(), |bench| async move {
        let late = || {
            FaultKind::FailLate(
                Duration::from_millis(500),
                EngineError::Fatal("too late".into()),
            )
        };
        bench.inject(StubCall::Boot, 1, late());
        let view = bench.signed_in("alice", StartAtSignIn::Yes).await;
        bench.reaches(view.server_id, ServerState::Booting).await;
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;

        bench.inject(StubCall::Stop, 1, late());
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopping).await;
        bench.command(view.server_id, ServerCommand::Delete).await;
        bench.is_gone(view.server_id).await;
        assert_eq!(bench.records.count("server.fail"), 0);
        assert!(bench.engine.alive().is_empty());
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn limits_that_are_hit_are_told() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench
            .engine
            .hit_limit(view.server_id, LimitEvent::OutOfMemory { killed: 1 });
        bench.engine.hit_limit(view.server_id, LimitEvent::DiskFull);
        let told = eventually("both are told", || async {
            let view = bench.spawner.server(view.server_id).await.unwrap();
            (view.notices.len() == 2).then_some(view)
        })
        .await;
        assert_eq!(told.notices[0].kind, NoticeKind::OutOfMemory);
        assert!(told.notices[0].message.contains("1 GiB"));
        assert_eq!(told.notices[1].kind, NoticeKind::DiskFull);
        assert!(told.usage.is_some() && !bench.spawner.usage_history(view.server_id).is_empty());
        assert!(
            bench
                .history(view.server_id)
                .await
                .iter()
                .any(|message| message.contains("memory limit"))
        );
        // They outlive the hub, and end with the run.
        let bench = bench.reopened(testing::settings()).await;
        assert_eq!(
            bench
                .spawner
                .server(view.server_id)
                .await
                .unwrap()
                .notices
                .len(),
            2
        );
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        bench.command(view.server_id, ServerCommand::Start).await;
        assert_eq!(
            bench
                .reaches(view.server_id, ServerState::Ready)
                .await
                .notices,
            []
        );
    })
    .await;
}

#[tokio::test]
async fn a_slow_stop_does_not_keep_others_waiting() {
    on_each(testing::settings(), |bench| async move {
        let slow = bench.ready("alice").await;
        bench.engine.inject(Fault {
            call: StubCall::Stop,
            server_id: Some(slow.server_id),
            times: 1,
            kind: FaultKind::Delay(Duration::from_secs(5)),
        });
        bench.command(slow.server_id, ServerCommand::Stop).await;
        bench.ready("bob").await;
        assert_eq!(
            bench.spawner.server(slow.server_id).await.unwrap().state,
            ServerState::Stopping
        );
    })
    .await;
}
