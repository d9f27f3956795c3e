use std::time::Duration;

use super::*;

#[tokio::test]
async fn no_more_servers_start_at_once_than_allowed() {
    let settings = SpawnerSettings {
        concurrent_starts_max: 3,
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        bench.engine.set_boot_delay(Duration::from_millis(50));
        let mut watch = bench.spawner.watch();
        let mut views = Vec::new();
        for number in 0..12 {
            views.push(
                bench
                    .signed_in(&format!("user{number}"), StartAtSignIn::Yes)
                    .await,
            );
        }
        for view in &views {
            bench.reaches(view.server_id, ServerState::Ready).await;
        }
        let mut starting = std::collections::HashSet::new();
        while let Ok(event) = watch.try_recv() {
            match event.state {
                ServerState::Provisioning | ServerState::Booting | ServerState::Starting => {
                    starting.insert(event.server_id);
                }
                _ => {
                    starting.remove(&event.server_id);
                }
            }
            assert!(starting.len() <= 3, "{starting:?}");
        }
        bench.is_sound();
    })
    .await;
}

#[tokio::test]
async fn with_room_for_two_the_third_waits_until_one_stops() {
    let settings = SpawnerSettings {
        active_servers_max: Some(2),
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        let first = bench.ready("alice").await;
        bench.ready("bob").await;
        let third = bench.signed_in("carol", StartAtSignIn::Yes).await;
        let queued = eventually("it says that it waits", || async {
            let view = bench.spawner.server(third.server_id).await.unwrap();
            view.message.contains("Next in the queue").then_some(view)
        })
        .await;
        assert_eq!(queued.state, ServerState::Queued);
        assert!(
            queued.message.contains("until another server stops"),
            "{}",
            queued.message
        );
        bench.command(first.server_id, ServerCommand::Stop).await;
        bench.reaches(third.server_id, ServerState::Ready).await;
    })
    .await;
}

#[tokio::test]
async fn a_larger_limit_lets_those_who_wait_start() {
    let settings = SpawnerSettings {
        active_servers_max: Some(1),
        ..testing::settings()
    };
    on_each(settings.clone(), |bench| {
        let settings = settings.clone();
        async move {
            bench.ready("alice").await;
            let waiting = bench.signed_in("bob", StartAtSignIn::Yes).await;
            bench.reaches(waiting.server_id, ServerState::Queued).await;
            bench.spawner.apply_settings(SpawnerSettings {
                active_servers_max: Some(2),
                ..settings
            });
            bench.reaches(waiting.server_id, ServerState::Ready).await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_waits_can_leave() {
    let settings = SpawnerSettings {
        active_servers_max: Some(1),
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        let first = bench.ready("alice").await;
        let second = bench.signed_in("bob", StartAtSignIn::Yes).await;
        let third = bench.signed_in("carol", StartAtSignIn::Yes).await;
        bench.reaches(second.server_id, ServerState::Queued).await;
        let left = bench.command(second.server_id, ServerCommand::Stop).await;
        assert_eq!(left.state, ServerState::Stopped, "at once: nothing runs");
        bench.command(first.server_id, ServerCommand::Stop).await;
        bench.reaches(third.server_id, ServerState::Ready).await;
        assert_eq!(
            bench.spawner.server(second.server_id).await.unwrap().state,
            ServerState::Stopped
        );
    })
    .await;
}

#[tokio::test]
async fn the_queue_survives_a_restart() {
    let settings = SpawnerSettings {
        active_servers_max: Some(1),
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        let first = bench.ready("alice").await;
        let second = bench.signed_in("bob", StartAtSignIn::Yes).await;
        bench.reaches(second.server_id, ServerState::Queued).await;
        let settings = bench.spawner.settings().as_ref().clone();
        let bench = bench.reopened(settings).await;
        assert_eq!(
            bench.spawner.server(second.server_id).await.unwrap().state,
            ServerState::Queued
        );
        bench.command(first.server_id, ServerCommand::Stop).await;
        bench.reaches(second.server_id, ServerState::Ready).await;
    })
    .await;
}

#[tokio::test]
async fn a_hundred_sign_ins_all_get_their_server() {
    let settings = SpawnerSettings {
        concurrent_starts_max: 16,
        ..testing::settings()
    };
    on_each(settings, |bench| async move {
        let sign_ins = (0..100).map(|number| {
            let bench = &bench;
            async move { bench.ready(&format!("user{number}")).await }
        });
        let views = futures::future::join_all(sign_ins).await;
        assert_eq!(views.len(), 100);
        assert_eq!(bench.engine.alive().len(), 100);
        assert_eq!(bench.records.count("server.fail"), 0);
        bench.is_sound();
    })
    .await;
}
