use sea_orm::ConnectionTrait;
use types::audit::{Actor, AuditEntry, AuditQuery, NewAuditEntry, Outcome};
use types::{ErrorCode, PageRequest};

use crate::service::Result;
use crate::service::testing::{Browser, Site, code, sites, wallet};

fn entry(action: &'static str, target: &str) -> NewAuditEntry {
    NewAuditEntry {
        request_id: "r".to_owned(),
        actor: Actor::system("reconciler"),
        action,
        target: target.to_owned(),
        outcome: Outcome::Ok,
        reason: "idle".to_owned(),
        change: String::new(),
    }
}

async fn read(browser: &mut Browser, query: AuditQuery) -> Result<Vec<AuditEntry>> {
    let page = browser
        .send(async |identity, context| identity.audit(context, &query).await)
        .await?;
    Ok(page.items)
}

async fn is_whole(site: &Site) -> bool {
    site.identity
        .verify_audit()
        .await
        .unwrap()
        .broken_at
        .is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_writers_in_two_processes_make_one_chain() {
    for site in sites(|_| ()).await {
        let processes = [site.identity.clone(), site.other_process().await];
        let writers: Vec<_> = (0..60)
            .map(|number| {
                let identity = processes[number % 2].clone();
                tokio::spawn(async move {
                    identity
                        .record(entry("server.stop", &format!("server:{number}")))
                        .await
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let verdict = site.identity.verify_audit().await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (60, None));
    }
}

#[tokio::test]
async fn tampering_is_found() {
    for (tampering, first_broken) in [
        (
            "UPDATE audit_entries SET reason = 'forged' WHERE seq = 3",
            3,
        ),
        ("UPDATE audit_entries SET actor_id = 'eve' WHERE seq = 5", 5),
        ("DELETE FROM audit_entries WHERE seq = 2", 3),
        ("DELETE FROM audit_entries WHERE seq = 5", 5),
        ("DELETE FROM audit_entries", 1),
    ] {
        for site in sites(|_| ()).await {
            for number in 0..5 {
                site.identity
                    .record(entry("server.stop", &format!("server:{number}")))
                    .await
                    .unwrap();
            }
            assert!(is_whole(&site).await);
            site.database().execute_unprepared(tampering).await.unwrap();
            let verdict = site.identity.verify_audit().await.unwrap();
            assert_eq!(
                verdict.broken_at.map(|(seq, _)| seq),
                Some(first_broken),
                "{tampering}"
            );
        }
    }
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        for number in 0..7 {
            site.identity
                .record(entry("server.start", &format!("server:{number}")))
                .await
                .unwrap();
        }
        site.identity
            .record(entry("server_x.start", "server:100%"))
            .await
            .unwrap();
        let by_action = AuditQuery {
            action: Some("server.".to_owned()),
            ..AuditQuery::default()
        };
        assert_eq!(read(&mut admin, by_action).await.unwrap().len(), 7);
        let by_target = AuditQuery {
            target: Some("server:3".to_owned()),
            ..AuditQuery::default()
        };
        assert_eq!(read(&mut admin, by_target).await.unwrap().len(), 1);
        let by_actor = AuditQuery {
            actor: Some("oncil".to_owned()),
            ..AuditQuery::default()
        };
        assert_eq!(read(&mut admin, by_actor).await.unwrap().len(), 8);
        let wildcard = AuditQuery {
            action: Some("%".to_owned()),
            ..AuditQuery::default()
        };
        assert_eq!(read(&mut admin, wildcard).await.unwrap().len(), 0);

        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let query = AuditQuery {
                page: PageRequest {
                    after: after.clone(),
                    limit: Some(3),
                },
                action: Some("server.start".to_owned()),
                ..AuditQuery::default()
            };
            let page = admin
                .send(async |identity, context| identity.audit(context, &query).await)
                .await
                .unwrap();
            seen.extend(page.items.into_iter().map(|entry| entry.target));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<_> = (0..7)
            .rev()
            .map(|number| format!("server:{number}"))
            .collect();
        assert_eq!(seen, expected, "newest first, none twice");
    }
}

#[tokio::test]
async fn people_see_the_entries_about_themselves_only() {
    for site in sites(|_| ()).await {
        let mut ada = site.signed_in(&wallet(1)).await;
        let mut bob = site.signed_in(&wallet(2)).await;
        let ada_id = ada.user_id().await;
        site.identity
            .record_about(ada_id, entry("server.stop", "server:1"))
            .await
            .unwrap();
        let query = AuditQuery::default();
        let of_ada = ada
            .send(async |identity, context| identity.own_audit(context, &query).await)
            .await
            .unwrap();
        let actions: Vec<_> = of_ada
            .items
            .iter()
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(actions, ["server.stop", "session.sign_in", "user.create"]);
        let of_bob = bob
            .send(async |identity, context| identity.own_audit(context, &query).await)
            .await
            .unwrap();
        assert!(
            of_bob
                .items
                .iter()
                .all(|entry| !entry.target.contains(&ada_id.to_string()))
        );
        assert_eq!(of_bob.items.len(), 2);
        assert_eq!(
            code(read(&mut ada, AuditQuery::default()).await),
            ErrorCode::Forbidden
        );
    }
}

#[tokio::test]
async fn a_sign_in_says_by_what_and_from_where() {
    for site in sites(|_| ()).await {
        let browser = site.signed_in(&wallet(1)).await;
        let mut admin = site.administrator(&wallet(9)).await;
        let target = Some(format!("user:{}", browser.user_id().await));
        let entries = read(
            &mut admin,
            AuditQuery {
                target,
                ..AuditQuery::default()
            },
        )
        .await
        .unwrap();
        let sign_in = entries
            .iter()
            .find(|entry| entry.action == "session.sign_in")
            .unwrap();
        assert_eq!(sign_in.actor.ip.as_deref(), Some("203.0.113.7"));
        assert_eq!(sign_in.actor.name, wallet(1).address.to_lower_hex());
        assert!(
            sign_in.change.contains("\"by\":\"key\""),
            "{}",
            sign_in.change
        );
        assert!(is_whole(&site).await);
    }
}
