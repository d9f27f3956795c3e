use std::collections::HashSet;

use types::ErrorCode;
use types::notebook::{ServerEvent, ServerQuery};

use super::*;
use crate::engine::ServerSpec;

fn code(error: &SpawnerError) -> ErrorCode {
    error.to_api_error().code
}

#[tokio::test]
async fn a_sign_in_leads_to_a_ready_server_with_progress_on_the_way() {
    on_each(testing::settings(), |bench| async move {
        let mut watch = bench.spawner.watch();
        let view = bench.signed_in("alice", StartAtSignIn::Yes).await;
        assert!(view.state.is_starting() || view.state == ServerState::Ready);
        let view = bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(
            (view.host_label.as_str(), view.progress, view.owner.as_str()),
            ("alice", 100, "alice")
        );
        assert_eq!(view.cause, "alice: signed in");
        assert!(view.started_at.is_some());

        let events = bench.spawner.events(view.server_id, 0).await.unwrap();
        let states: Vec<_> = events.iter().map(|event| event.state.as_str()).collect();
        let mut order = states.clone();
        order.dedup();
        assert_eq!(
            order,
            [
                "stopped",
                "queued",
                "provisioning",
                "booting",
                "starting",
                "ready"
            ]
        );
        let starting: Vec<_> = events.iter().skip(1).map(|event| event.progress).collect();
        assert!(
            starting.windows(2).all(|pair| pair[0] <= pair[1]),
            "{starting:?}"
        );

        // What is kept is what was sent.
        let mut sent: Vec<ServerEvent> = Vec::new();
        while let Ok(event) = watch.try_recv() {
            sent.push(event);
        }
        sent.retain(|event| event.phase != "idle" && event.phase != "usage");
        assert_eq!(sent, events);

        assert_eq!(
            bench.records.lines()[1..],
            [
                "alice server.start signed in",
                "reconciler server.ready alice: signed in"
            ]
        );
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn signing_in_again_and_at_the_same_time_makes_one_server() {
    on_each(testing::settings(), |bench| async move {
        let user_id = UserId::generate();
        let sign_in = || {
            bench
                .spawner
                .ensure_default(user_id, "alice", None, &bench.actor, StartAtSignIn::Yes)
        };
        let views = futures::future::join_all((0..10).map(|_| sign_in())).await;
        let ids: HashSet<_> = views
            .into_iter()
            .map(|view| view.unwrap().server_id)
            .collect();
        assert_eq!(ids.len(), 1);
        let server_id = *ids.iter().next().unwrap();
        bench.reaches(server_id, ServerState::Ready).await;
        assert_eq!(bench.engine.calls(StubCall::Boot), 1);
        assert_eq!(bench.engine.alive().len(), 1);
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn a_making_that_nobody_waits_for_is_finished() {
    on_each(testing::settings(), |bench| async move {
        let user_id = UserId::generate();
        let spawner = &bench.spawner;
        for wait_us in [0, 100, 1_000, 3_000] {
            let making =
                spawner.ensure_default(user_id, "alice", None, &bench.actor, StartAtSignIn::No);
            let _ = tokio::time::timeout(std::time::Duration::from_micros(wait_us), making).await;
            let made = eventually("it is known", || async {
                spawner.servers_of(user_id).await.unwrap().pop()
            })
            .await;
            // Gone before the next round.
            bench.command(made.server_id, ServerCommand::Delete).await;
            bench.is_gone(made.server_id).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_door_opens_while_the_server_is_alive() {
    on_each(testing::settings(), |bench| async move {
        assert!(bench.spawner.door("alice").is_none());
        let view = bench.made("alice").await;
        let door = bench.spawner.door("alice").unwrap();
        assert_eq!(
            (door.server_id, door.state),
            (view.server_id, ServerState::Stopped)
        );
        assert!(door.way_in.is_none());

        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        let first = bench.spawner.door("alice").unwrap().way_in.unwrap();
        assert_eq!(first.generation, 1);

        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        assert!(bench.spawner.door("alice").unwrap().way_in.is_none());

        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        let second = bench.spawner.door("alice").unwrap().way_in.unwrap();
        assert_eq!(second.generation, 2);
        assert_ne!(
            first.identity_key, second.identity_key,
            "a key ends with its instance"
        );
    })
    .await;
}

#[tokio::test]
async fn a_stop_during_a_start_and_a_start_during_a_stop_are_obeyed() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.made("alice").await;
        let delay = || FaultKind::Delay(std::time::Duration::from_millis(300));
        bench.inject(StubCall::Boot, 1, delay());
        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Booting).await;
        let stopping = bench.command(view.server_id, ServerCommand::Stop).await;
        assert_eq!(
            stopping.state,
            ServerState::Stopping,
            "a stop is seen at once"
        );
        bench.reaches(view.server_id, ServerState::Stopped).await;
        assert!(bench.engine.alive().is_empty());

        bench.command(view.server_id, ServerCommand::Start).await;
        bench.reaches(view.server_id, ServerState::Ready).await;
        bench.inject(StubCall::Stop, 1, delay());
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.command(view.server_id, ServerCommand::Start).await;
        let ready = bench.reaches(view.server_id, ServerState::Ready).await;
        assert_eq!(bench.engine.alive().get(&ready.server_id), Some(&3));
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_can_be_stopped() {
    on_each(testing::settings(), |bench| async move {
        bench.inject(StubCall::Answer, 1, FaultKind::Hang);
        let view = bench.signed_in("alice", StartAtSignIn::Yes).await;
        bench.reaches(view.server_id, ServerState::Starting).await;
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        assert!(bench.engine.alive().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_server_leaves_nothing() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        let mut watch = bench.spawner.watch();
        bench.command(view.server_id, ServerCommand::Delete).await;
        bench.is_gone(view.server_id).await;
        assert!(bench.engine.alive().is_empty());
        assert_eq!(bench.engine.calls(StubCall::Destroy), 1);
        assert!(bench.spawner.door("alice").is_none());
        assert!(
            bench
                .spawner
                .servers_of(view.user_id)
                .await
                .unwrap()
                .is_empty()
        );
        let mut last = None;
        while let Ok(event) = watch.try_recv() {
            last = Some(event);
        }
        assert_eq!(last.unwrap().message, "Deleted");
        assert_eq!(
            code(&bench.spawner.server(view.server_id).await.unwrap_err()),
            ErrorCode::NotFound
        );
        // The next sign-in makes a new one at the same address.
        let again = bench
            .spawner
            .ensure_default(view.user_id, "alice", None, &bench.actor, StartAtSignIn::No)
            .await
            .unwrap();
        assert_eq!(again.host_label, "alice");
        assert_ne!(again.server_id, view.server_id);
    })
    .await;
}

#[tokio::test]
async fn named_servers_have_rules_and_a_limit() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.made("alice").await;
        let create = |name: &'static str, title: &'static str, profile: &'static str| {
            bench
                .spawner
                .create(view.user_id, "alice", name, title, profile, &bench.actor)
        };
        for (name, title, profile, expected) in [
            ("Bad", "", "small", ErrorCode::ServerNameInvalid),
            ("", "", "small", ErrorCode::ServerNameInvalid),
            ("good", "", "huge", ErrorCode::ProfileInvalid),
            ("good", "a\nb", "small", ErrorCode::BadRequest),
        ] {
            assert_eq!(
                code(&create(name, title, profile).await.unwrap_err()),
                expected,
                "{name:?}"
            );
        }
        let run = create("run", " My run ", "large").await.unwrap();
        assert_eq!(
            (run.host_label.as_str(), run.display_name.as_str()),
            ("alice--run", "My run")
        );
        assert_eq!(
            (run.state, run.profile.slug.as_str()),
            (ServerState::Stopped, "large")
        );
        assert_eq!(
            code(&create("run", "", "small").await.unwrap_err()),
            ErrorCode::ServerNameTaken
        );
        create("a", "", "small").await.unwrap();
        assert_eq!(
            code(&create("b", "", "small").await.unwrap_err()),
            ErrorCode::ServerLimit
        );
        let names: Vec<_> = bench
            .spawner
            .servers_of(view.user_id)
            .await
            .unwrap()
            .into_iter()
            .map(|view| view.name)
            .collect();
        assert_eq!(names, ["", "a", "run"]);
        let page = bench
            .spawner
            .servers(&ServerQuery::default(), None)
            .await
            .unwrap();
        assert_eq!(page.items.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_label_stays_through_renaming_and_is_not_given_twice() {
    on_each(testing::settings(), |bench| async move {
        let alice = bench.made("alice").await;
        let renamed = bench
            .spawner
            .ensure_default(
                alice.user_id,
                "alicia",
                None,
                &bench.actor,
                StartAtSignIn::No,
            )
            .await
            .unwrap();
        assert_eq!(
            (renamed.owner.as_str(), renamed.host_label.as_str()),
            ("alicia", "alice")
        );
        let other = bench.made("alice").await;
        assert!(
            other.host_label.starts_with("alice-"),
            "{}",
            other.host_label
        );
        assert_eq!(
            bench.spawner.door("alice").unwrap().server_id,
            alice.server_id
        );
        assert_eq!(
            bench.spawner.door(&other.host_label).unwrap().server_id,
            other.server_id
        );
    })
    .await;
}

#[tokio::test]
async fn titles_and_sizes_change_within_their_rules() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        let renamed = bench
            .spawner
            .rename(view.server_id, "  Chain work ", &bench.actor)
            .await
            .unwrap();
        assert_eq!(renamed.display_name, "Chain work");
        assert_eq!(renamed.state, ServerState::Ready);
        let too_long = "x".repeat(81);
        let error = bench
            .spawner
            .rename(view.server_id, &too_long, &bench.actor)
            .await
            .unwrap_err();
        assert_eq!(code(&error), ErrorCode::BadRequest);

        let set = |profile: &'static str| {
            bench
                .spawner
                .set_profile(view.server_id, profile, &bench.actor)
        };
        assert_eq!(
            code(&set("large").await.unwrap_err()),
            ErrorCode::ServerState
        );
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        assert_eq!(set("large").await.unwrap().profile.slug, "large");
        assert_eq!(
            code(&set("huge").await.unwrap_err()),
            ErrorCode::ProfileInvalid
        );
        assert_eq!(
            bench.records.count("server.rename") + bench.records.count("server.set_profile"),
            2
        );
    })
    .await;
}

#[tokio::test]
async fn safe_mode_is_for_one_start() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.made("alice").await;
        bench
            .command(view.server_id, ServerCommand::StartSafeMode)
            .await;
        assert!(
            bench
                .reaches(view.server_id, ServerState::Ready)
                .await
                .safe_mode
        );
        bench.command(view.server_id, ServerCommand::Stop).await;
        bench.reaches(view.server_id, ServerState::Stopped).await;
        bench.command(view.server_id, ServerCommand::Start).await;
        assert!(
            !bench
                .reaches(view.server_id, ServerState::Ready)
                .await
                .safe_mode
        );
        let refused = bench
            .spawner
            .command(
                view.server_id,
                ServerCommand::StartSafeMode,
                "",
                &bench.actor,
            )
            .await
            .unwrap_err();
        assert_eq!(code(&refused), ErrorCode::ServerState);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_user_has_nothing_running() {
    on_each(testing::settings(), |bench| async move {
        let view = bench.ready("alice").await;
        let run = bench
            .spawner
            .create(view.user_id, "alice", "run", "", "small", &bench.actor)
            .await
            .unwrap();
        bench.command(run.server_id, ServerCommand::Start).await;
        bench.reaches(run.server_id, ServerState::Ready).await;
        let bob = bench.ready("bob").await;
        let mut both = [view.user_id, bob.user_id];
        both.sort_unstable();
        assert_eq!(bench.spawner.awake_owners(), both);
        bench
            .spawner
            .stop_all_of(view.user_id, "suspended", &actor("admin"))
            .await
            .unwrap();
        for server_id in [view.server_id, run.server_id] {
            let stopped = bench.reaches(server_id, ServerState::Stopped).await;
            assert_eq!(stopped.cause, "admin: suspended");
        }
        assert_eq!(bench.spawner.awake_owners(), [bob.user_id]);
        assert_eq!(
            bench.spawner.server(bob.server_id).await.unwrap().state,
            ServerState::Ready
        );
    })
    .await;
}

#[tokio::test]
async fn a_restart_of_the_hub_leaves_running_servers_alone() {
    on_each(testing::settings(), |bench| async move {
        let ready = bench.ready("alice").await;
        let frozen = bench.ready("bob").await;
        bench.command(frozen.server_id, ServerCommand::Freeze).await;
        bench.reaches(frozen.server_id, ServerState::Frozen).await;
        let alive = bench.engine.alive();
        let bench = bench.reopened(testing::settings()).await;
        assert_eq!(bench.engine.alive(), alive);
        assert_eq!(
            bench.spawner.server(ready.server_id).await.unwrap().state,
            ServerState::Ready
        );
        assert_eq!(
            bench.spawner.server(frozen.server_id).await.unwrap().state,
            ServerState::Frozen
        );
        assert!(bench.spawner.door("alice").unwrap().way_in.is_some());
        assert_eq!(bench.engine.calls(StubCall::Boot), 2);
        assert!(bench.spawner.orphans().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_nobody_owns_is_reported_and_then_stopped() {
    on_each(testing::settings(), |bench| async move {
        let stranger = ServerSpec {
            server_id: ServerId::generate(),
            user_id: UserId::generate(),
            user_name: "nobody".into(),
            server_name: String::new(),
            generation: 7,
            profile: testing::profile("small"),
            safe_mode: false,
            identity_key: [1; 32],
            origin: String::new(),
            hub_origin: String::new(),
        };
        let stopped = bench.made("alice").await;
        let of_a_stopped_server = ServerSpec {
            server_id: stopped.server_id,
            ..stranger.clone()
        };
        bench.engine.boot_unasked(&stranger).await.unwrap();
        bench
            .engine
            .boot_unasked(&of_a_stopped_server)
            .await
            .unwrap();
        let kept = bench.ready("bob").await;
        eventually("both are reported", || async {
            (bench.spawner.orphans().len() == 2).then_some(())
        })
        .await;
        assert_eq!(bench.records.count("server.orphan"), 2);
        eventually("both are stopped", || async {
            (bench.engine.alive().len() == 1).then_some(())
        })
        .await;
        assert!(bench.engine.alive().contains_key(&kept.server_id));
        eventually("none is left", || async {
            bench.spawner.orphans().is_empty().then_some(())
        })
        .await;
        assert_eq!(
            bench.spawner.server(stopped.server_id).await.unwrap().state,
            ServerState::Stopped
        );
    })
    .await;
}

#[tokio::test]
async fn a_spare_is_taken_over_at_once() {
    let settings = SpawnerSettings {
        warm_pool: 1,
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        let spare = |bench: &Bench| bench.engine.alive().keys().next().copied();
        let spare_id = eventually("a spare is ready", || async {
            spare(&bench).filter(|_| bench.spawner.core.spares.len() == 1)
        })
        .await;
        let view = bench.ready("alice").await;
        assert!(
            !bench.engine.alive().contains_key(&spare_id),
            "the spare has become the server"
        );
        assert_eq!(bench.engine.calls(StubCall::Boot), 0);
        assert_eq!(bench.engine.calls(StubCall::Adopt), 1);
        // The hub's own requests are accepted: the key is the spare's.
        bench.engine.set_kernels(view.server_id, &["busy"]);
        eventually("the pool is filled up", || async {
            (bench.engine.alive().len() == 2).then_some(())
        })
        .await;
        assert!(bench.spawner.orphans().is_empty());

        // A spare that cannot be taken over does not keep anybody from working.
        eventually("a spare is ready", || async {
            (bench.spawner.core.spares.len() == 1).then_some(())
        })
        .await;
        bench.inject(
            StubCall::Adopt,
            1,
            FaultKind::Fail(crate::engine::EngineError::Fatal("no".into())),
        );
        bench.ready("bob").await;
        assert_eq!(bench.engine.calls(StubCall::Boot), 1);
        assert_eq!(
            bench.engine.calls(StubCall::Destroy),
            1,
            "nothing of the spare is left"
        );
        bench.spawner.apply_settings(testing::settings());
        eventually("spares are given up", || async {
            (bench.engine.alive().len() == 2).then_some(())
        })
        .await;
        bench.is_sound();
    })
    .await;
}
