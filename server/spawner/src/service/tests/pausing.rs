use types::notebook::NoticeKind;

use super::*;
use crate::engine::EngineError;
use crate::settings::LadderSettings;

fn ladder(freeze_after_ms: Option<i64>, stop_after_ms: Option<i64>) -> SpawnerSettings {
    let settings = testing::settings();
    SpawnerSettings {
        ladder: LadderSettings {
            freeze_after_ms,
            stop_after_ms,
            ..settings.ladder
        },
        ..settings
    }
}

#[tokio::test]
async fn an_idle_server_is_warned_of_frozen_and_stopped() {
    on_each(ladder(Some(2_000), Some(6_000)), |bench| async move {
        let view = bench.ready("alice").await;
        let warned = eventually("a warning", || async {
            let view = bench.spawner.server(view.server_id).await.unwrap();
            view.next_pause.filter(|next| next.warn)?;
            (!view.notices.is_empty()).then_some(view)
        })
        .await;
        assert_eq!(warned.notices[0].kind, NoticeKind::IdleWarning);
        assert_eq!(warned.next_pause.unwrap().becomes, ServerState::Frozen);
        let frozen = bench.reaches(view.server_id, ServerState::Frozen).await;
        assert!(
            frozen.cause.starts_with("idle: nothing was done for"),
            "{}",
            frozen.cause
        );
        let stopped = bench.reaches(view.server_id, ServerState::Stopped).await;
        assert!(
            stopped.cause.starts_with("idle: nothing was done for"),
            "{}",
            stopped.cause
        );
        assert!(bench.engine.alive().is_empty());
        let lines = bench.records.lines();
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("idle server.freeze nothing was done")),
            "{lines:?}"
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("idle server.stop nothing was done")),
            "{lines:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_busy_kernel_keeps_a_server_from_pausing() {
    on_each(ladder(Some(2_000), Some(6_000)), |bench| async move {
        let view = bench.ready("alice").await;
        bench.engine.set_kernels(view.server_id, &["idle", "busy"]);
        let busy = eventually("it is seen to be busy", || async {
            Some(bench.spawner.server(view.server_id).await.unwrap()).filter(|view| view.busy)
        })
        .await;
        let since = busy.started_at.unwrap();
        eventually("more than the idle time passes", || async {
            (types::Timestamp::now().since_ms(since) > 4_000).then_some(())
        })
        .await;
        assert_eq!(
            bench.spawner.server(view.server_id).await.unwrap().state,
            ServerState::Ready
        );
        bench.engine.set_kernels(view.server_id, &["idle", "idle"]);
        bench.reaches(view.server_id, ServerState::Frozen).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
    })
    .await;
}

#[tokio::test]
async fn interaction_postpones_and_presence_does_not() {
    on_each(ladder(None, Some(3_000)), |bench| async move {
        let used = bench.ready("alice").await;
        let open = bench.ready("bob").await;
        let began = types::Timestamp::now();
        eventually("the idle time of both passes", || async {
            bench
                .spawner
                .note_activity(used.server_id, ActivityKind::Interaction);
            bench
                .spawner
                .note_activity(open.server_id, ActivityKind::Presence);
            (types::Timestamp::now().since_ms(began) > 5_000).then_some(())
        })
        .await;
        bench.reaches(open.server_id, ServerState::Stopped).await;
        let used = bench.spawner.server(used.server_id).await.unwrap();
        assert_eq!(used.state, ServerState::Ready);
        assert!(used.last_activity_at >= Some(began));
    })
    .await;
}

#[tokio::test]
async fn a_changed_idle_time_takes_effect_at_once() {
    on_each(ladder(None, Some(3_600_000)), |bench| async move {
        let view = bench.ready("alice").await;
        let next = view.next_pause.unwrap();
        assert_eq!(next.becomes, ServerState::Stopped);
        bench.spawner.apply_settings(ladder(None, Some(1_000)));
        bench.reaches(view.server_id, ServerState::Stopped).await;

        let mut wrong = testing::settings();
        wrong.profiles.clear();
        bench.spawner.apply_settings(wrong);
        assert_eq!(
            bench.spawner.settings().ladder.stop_after_ms,
            Some(1_000),
            "wrong settings are not taken"
        );
    })
    .await;
}

#[tokio::test]
async fn keeping_active_starts_the_clock_anew() {
    on_each(ladder(None, Some(60_000)), |bench| async move {
        let view = bench.ready("alice").await;
        let before = view.next_pause.unwrap().at;
        let mut watch = bench.spawner.watch();
        let after = eventually("some time has passed", || async {
            let view = bench
                .command(view.server_id, ServerCommand::KeepActive)
                .await;
            view.next_pause
                .filter(|next| next.at.since_ms(before) > 100)
        })
        .await;
        assert_eq!(after.becomes, ServerState::Stopped);
        assert_eq!(watch.recv().await.unwrap().phase, "idle");
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        bench
            .spawner
            .command(view.server_id, ServerCommand::KeepActive, "", &bench.actor)
            .await
            .unwrap_err();
    })
    .await;
}

#[tokio::test]
async fn age_stops_a_server_in_use() {
    let mut settings = testing::settings();
    settings.ladder.max_age_ms = Some(2_000);
    on_each(settings, |bench| async move {
        let view = bench.ready("alice").await;
        let stopped = eventually("it stops", || async {
            bench
                .spawner
                .note_activity(view.server_id, ActivityKind::Interaction);
            let view = bench.spawner.server(view.server_id).await.unwrap();
            (view.state == ServerState::Stopped).then_some(view)
        })
        .await;
        assert!(
            stopped.cause.contains("the longest time allowed"),
            "{}",
            stopped.cause
        );
    })
    .await;
}

#[tokio::test]
async fn a_request_thaws_a_frozen_server_once_for_all_that_wait() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.command(view.server_id, ServerCommand::Freeze).await;
        bench.reaches(view.server_id, ServerState::Frozen).await;
        assert!(
            bench.spawner.door("alice").unwrap().way_in.is_some(),
            "the way in is known while it is frozen"
        );
        let requests = (0..20).map(|_| {
            bench
                .spawner
                .thaw_for_request(view.server_id, ActivityKind::Interaction)
        });
        for outcome in futures::future::join_all(requests).await {
            outcome.unwrap();
        }
        assert_eq!(
            bench.spawner.door("alice").unwrap().state,
            ServerState::Ready,
            "at once, before it is written"
        );
        assert_eq!(bench.engine.calls(StubCall::Thaw), 1);
        let thawed = bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(thawed.cause, "proxy: a request arrived");
        assert_eq!(
            bench
                .records
                .lines()
                .iter()
                .filter(|line| line.starts_with("proxy server.thaw"))
                .count(),
            1
        );
        let bench = bench.reopened(testing::settings()).await;
        assert_eq!(
            bench.spawner.server(view.server_id).await.unwrap().state,
            ServerState::Ready
        );
    })
    .await;
}

#[tokio::test]
async fn the_polling_of_a_forgotten_page_does_not_postpone_the_stop() {
    on_each(ladder(Some(1_000), Some(6_000)), |bench| async move {
        let view = bench.ready("alice").await;
        let started_at = view.started_at.unwrap();
        let stopped = eventually("it stops", || async {
            if bench.spawner.door("alice").unwrap().state == ServerState::Frozen {
                bench
                    .spawner
                    .thaw_for_request(view.server_id, ActivityKind::Presence)
                    .await
                    .ok();
            }
            let view = bench.spawner.server(view.server_id).await.unwrap();
            (view.state == ServerState::Stopped).then_some(view)
        })
        .await;
        assert!(
            types::Timestamp::now().since_ms(started_at) < 15_000,
            "{}",
            stopped.cause
        );
    })
    .await;
}

#[tokio::test]
async fn typing_into_a_page_that_was_open_all_the_time_thaws_its_server() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench.command(view.server_id, ServerCommand::Freeze).await;
        bench.reaches(view.server_id, ServerState::Frozen).await;
        bench
            .spawner
            .note_activity(view.server_id, ActivityKind::Presence);
        assert_eq!(
            bench.spawner.door("alice").unwrap().state,
            ServerState::Frozen
        );
        for _ in 0..100 {
            bench
                .spawner
                .note_activity(view.server_id, ActivityKind::Interaction);
        }
        bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(bench.engine.calls(StubCall::Thaw), 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_frozen_is_not_asked_again_and_stops_in_time() {
    on_each(ladder(Some(1_000), Some(4_000)), |bench| async move {
        bench.inject(
            StubCall::Freeze,
            u32::MAX,
            FaultKind::Fail(EngineError::Fatal("no freezer".into())),
        );
        let view = bench.ready("alice").await;
        eventually("its next pause is the stop", || async {
            let view = bench.spawner.server(view.server_id).await.unwrap();
            (view.next_pause?.becomes == ServerState::Stopped).then_some(())
        })
        .await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        assert_eq!(bench.engine.calls(StubCall::Freeze), 1);
    })
    .await;
}

#[tokio::test]
async fn who_does_something_between_the_decision_and_the_freeze_is_not_left_frozen() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        let resident = bench.spawner.core.registry.get(view.server_id).unwrap();
        let gate = Arc::clone(&resident.gate).lock_owned().await;
        bench.command(view.server_id, ServerCommand::Freeze).await;
        // So that the moments differ.
        let pause = || tokio::time::sleep(std::time::Duration::from_millis(20));
        pause().await;
        bench
            .spawner
            .note_activity(view.server_id, ActivityKind::Interaction);
        pause().await;
        drop(gate);
        eventually("it is thawed again", || async {
            (bench.engine.calls(StubCall::Thaw) == 1).then_some(())
        })
        .await;
        let thawed = bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(thawed.cause, "proxy: somebody came back at the same moment");
        assert_eq!(bench.engine.calls(StubCall::Freeze), 1);
    })
    .await;
}

#[tokio::test]
async fn only_a_server_that_is_alive_thaws() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.made("alice").await;
        let refused = bench
            .spawner
            .thaw_for_request(view.server_id, ActivityKind::Interaction)
            .await
            .unwrap_err();
        assert_eq!(refused.to_api_error().code, types::ErrorCode::ServerState);
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        bench
            .spawner
            .thaw_for_request(view.server_id, ActivityKind::Interaction)
            .await
            .unwrap();
        assert_eq!(bench.engine.calls(StubCall::Thaw), 0);
    })
    .await;
}

#[tokio::test]
async fn a_thaw_that_was_not_written_is_found_after_a_restart() {
    use crate::engine::Engine;
    on_each(testing::settings(), |bench| async move {
        let thawed = bench.ready("alice").await;
        let held = bench.ready("bob").await;
        bench.command(thawed.server_id, ServerCommand::Freeze).await;
        bench.reaches(thawed.server_id, ServerState::Frozen).await;
        bench.spawner.shutdown().await;
        bench.engine.thaw(thawed.server_id).await.unwrap();
        bench.engine.freeze(held.server_id).await.unwrap();
        let bench = bench.reopened(testing::settings()).await;
        bench.reaches(thawed.server_id, ServerState::Ready).await;
        // One that should run and is held by somebody else is thawed.
        let calls = bench.engine.calls(StubCall::Thaw);
        bench.reaches(held.server_id, ServerState::Ready).await;
        assert!(calls <= bench.engine.calls(StubCall::Thaw));
        let observed = bench.engine.observe().await.unwrap();
        assert!(
            observed
                .iter()
                .all(|found| found.phase == crate::engine::ObservedPhase::Running),
            "{observed:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_rests_for_long_is_archived_and_starts_again() {
    let mut settings = testing::settings();
    settings.ladder.archive_after_ms = 1;
    for database in databases().await {
        let bench = Bench::new(database, testing::settings()).await;
        let view = bench.made("alice").await;
        let bench = bench.reopened(settings.clone()).await;
        let archived = bench.reaches(view.server_id, ServerState::Archived).await;
        assert_eq!(archived.cause, "idle: unused for 0 s");
        bench.spawner.apply_settings(testing::settings());
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
    }
}

#[tokio::test]
async fn the_last_activity_survives_a_restart() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        bench
            .spawner
            .note_activity(view.server_id, ActivityKind::Interaction);
        let noted = bench
            .spawner
            .server(view.server_id)
            .await
            .unwrap()
            .last_activity_at
            .unwrap();
        eventually("it is written", || async {
            let found = bench
                .spawner
                .core
                .store
                .find(view.server_id)
                .await
                .unwrap()
                .unwrap();
            (found.last_activity_at == Some(noted)).then_some(())
        })
        .await;
        let bench = bench.reopened(testing::settings()).await;
        assert_eq!(
            bench
                .spawner
                .server(view.server_id)
                .await
                .unwrap()
                .last_activity_at,
            Some(noted)
        );
    })
    .await;
}
