use migrations::testing::databases;
use types::notebook::{Notice, NoticeKind, ServerFailure, ServerQuery, ServerState};
use types::{PageRequest, ServerId, Timestamp, UserId};

use super::*;
use crate::limits;
use crate::server::Server;
use crate::state::{Desired, State};
use crate::testing;

async fn insert(store: &Store, server: &Server) -> Insertion {
    store
        .insert(server, &server.event("stop", Timestamp(1)))
        .await
        .unwrap()
}

fn next_version(server: &Server) -> Server {
    let mut next = server.clone();
    next.version += 1;
    next.last_event_seq += 1;
    next
}

async fn commit(store: &Store, server: &Server) -> Commit {
    store
        .commit(server, &server.event("stop", Timestamp(2)))
        .await
        .unwrap()
}

#[tokio::test]
async fn every_field_reads_back() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let deadline = Timestamp(77);
        let failure = ServerFailure {
            phase: ServerState::Booting,
            cause: "it's \"broken\"".into(),
            hint: "mend it".into(),
            at: Timestamp(3),
        };
        for state in [
            State::Queued { deadline },
            State::Provisioning { deadline },
            State::Booting { deadline },
            State::Starting { deadline },
            State::Ready,
            State::Frozen,
            State::Stopping { deadline },
            State::Stopped {
                archive_at: deadline,
            },
            State::Archived,
            State::Failed {
                failure: failure.clone(),
                archive_at: deadline,
            },
            State::Lost {
                failure: failure.clone(),
                archive_at: deadline,
            },
            State::Destroying { deadline },
        ] {
            let mut server = testing::server("älice", "run-2");
            server.display_name = "Läuft 🚀".into();
            server.life.state = state;
            server.life.desired = Desired::Frozen;
            server.life.generation = u32::MAX;
            server.life.safe_mode = true;
            server.identity_key = [0xab; 32];
            server.failure_log = vec!["one".into(), "two".into()];
            server.notices = vec![Notice {
                time: Timestamp(4),
                kind: NoticeKind::DiskFull,
                message: "full".into(),
            }];
            server.progress = 100;
            server.restarted_at = Some(Timestamp(5));
            server.started_at = Some(Timestamp(6));
            server.last_activity_at = Some(Timestamp(7));
            assert_eq!(insert(&store, &server).await, Insertion::Done);
            assert_eq!(store.find(server.id).await.unwrap(), Some(server.clone()));
            let changed = next_version(&server);
            assert_eq!(commit(&store, &changed).await, Commit::Done);
            assert_eq!(store.find(server.id).await.unwrap(), Some(changed));
        }
        assert_eq!(store.load().await.unwrap().len(), 12);
    }
}

#[tokio::test]
async fn names_and_labels_are_unique_in_the_database() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let server = testing::server("alice", "run");
        assert_eq!(insert(&store, &server).await, Insertion::Done);
        let same_name = Server {
            id: ServerId::generate(),
            host_label: "other".into(),
            ..server.clone()
        };
        assert_eq!(insert(&store, &same_name).await, Insertion::NameTaken);
        let same_label = Server {
            id: ServerId::generate(),
            user_id: UserId::generate(),
            ..server.clone()
        };
        assert_eq!(insert(&store, &same_label).await, Insertion::LabelTaken);
        assert_eq!(store.load().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn one_of_many_writers_of_a_version_wins() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let server = testing::server("alice", "");
        insert(&store, &server).await;
        let writers = (0..10).map(|number| {
            let (store, mut next) = (store.clone(), next_version(&server));
            next.message = number.to_string();
            tokio::spawn(async move { commit(&store, &next).await })
        });
        let outcomes = futures::future::join_all(writers).await;
        let won = outcomes
            .into_iter()
            .filter(|outcome| *outcome.as_ref().unwrap() == Commit::Done)
            .count();
        assert_eq!(won, 1);
        assert_eq!(
            store.events(server.id, 0).await.unwrap().len(),
            2,
            "losers leave no event"
        );
        assert_eq!(
            store.remove(&server).await.unwrap(),
            Commit::Conflict,
            "an old version removes nothing"
        );
    }
}

#[tokio::test]
async fn a_history_is_bounded_and_goes_with_its_server() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let mut server = testing::server("alice", "");
        insert(&store, &server).await;
        let last = limits::EVENTS_KEPT_MAX + 3 * limits::EVENTS_CLEARED_EVERY;
        while server.last_event_seq < last {
            server = next_version(&server);
            commit(&store, &server).await;
        }
        let events = store.events(server.id, 0).await.unwrap();
        assert_eq!(events.len() as i64, limits::EVENTS_KEPT_MAX);
        assert_eq!(events.last().unwrap().seq, last);
        assert!(events.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
        let since = store.events(server.id, last - 2).await.unwrap();
        assert_eq!(
            since.iter().map(|event| event.seq).collect::<Vec<_>>(),
            [last - 1, last]
        );

        assert_eq!(store.remove(&server).await.unwrap(), Commit::Done);
        assert_eq!(store.events(server.id, 0).await.unwrap(), []);
    }
}

#[tokio::test]
async fn activity_is_noted_without_a_version() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let server = testing::server("alice", "");
        insert(&store, &server).await;
        store.note_activity(server.id, Timestamp(99)).await.unwrap();
        let found = store.find(server.id).await.unwrap().unwrap();
        assert_eq!(
            (found.last_activity_at, found.version),
            (Some(Timestamp(99)), 1)
        );
    }
}

/// Every page of a query, one row at a time.
async fn pages(store: &Store, mut query: ServerQuery, owners: Option<&[UserId]>) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = store.list(&query, owners).await.unwrap();
        assert!(page.items.len() <= query.page.limit() as usize);
        names.extend(
            page.items
                .iter()
                .map(|server| format!("{}/{}", server.owner_name, server.name)),
        );
        match page.next {
            Some(next) => query.page.after = Some(next),
            None => return names,
        }
    }
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_paged() {
    for database in databases().await {
        let store = Store::new(database.connection.clone());
        let mut owners = Vec::new();
        for (owner, name) in [
            ("carol", ""),
            ("alice", ""),
            ("bob", ""),
            ("bob_1", "run"),
            ("bob%", "x"),
        ] {
            let mut server = testing::server(owner, name);
            if owner == "alice" {
                server.life.state = State::Ready;
            }
            server.display_name = format!("The Server of {owner}");
            insert(&store, &server).await;
            owners.push(server.user_id);
        }
        let one_a_page = PageRequest {
            after: None,
            limit: Some(1),
        };
        let query = |search: Option<&str>, state| ServerQuery {
            search: search.map(str::to_owned),
            state,
            page: one_a_page.clone(),
        };
        let all = pages(&store, query(None, None), None).await;
        assert_eq!(all.len(), 5);
        assert_eq!((all[0].as_str(), all[4].as_str()), ("alice/", "carol/"));
        for (search, state, expected) in [
            (Some("  "), None, 5),
            (Some("BOB"), None, 3),
            (Some("bob_"), None, 1),
            (Some("b%"), None, 1),
            (Some("run"), None, 1),
            (Some("server OF"), None, 5),
            (Some("nobody"), None, 0),
            (None, Some(ServerState::Ready), 1),
            (Some("bob"), Some(ServerState::Ready), 0),
        ] {
            let found = pages(&store, query(search, state), None).await;
            assert_eq!(found.len(), expected, "{search:?} {state:?}: {found:?}");
        }
        let some = [owners[0], owners[2]];
        assert_eq!(
            pages(&store, query(None, None), Some(&some)).await,
            ["bob/", "carol/"]
        );
        assert_eq!(pages(&store, query(None, None), Some(&[])).await.len(), 0);
        // More owners than a statement may name.
        let mut many: Vec<UserId> = (0..=limits::OWNERS_IN_QUERY_MAX)
            .map(|_| UserId::generate())
            .collect();
        many.extend(some);
        assert_eq!(
            pages(&store, query(None, None), Some(&many)).await,
            ["bob/", "carol/"]
        );
        let nonsense = ServerQuery {
            page: PageRequest {
                after: Some("ß".into()),
                limit: None,
            },
            ..query(None, None)
        };
        assert_eq!(pages(&store, nonsense, None).await.len(), 5);
    }
}
