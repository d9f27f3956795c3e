use types::ErrorCode;
use types::bulk::{BulkReport, BulkVerdict};

use crate::service::Result;
use crate::service::testing::{Browser, code, sites, wallet};

async fn apply(browser: &mut Browser, csv: &str) -> Result<BulkReport> {
    browser
        .send(async |identity, context| {
            identity
                .apply_bulk(context, csv, &["small".to_owned()])
                .await
        })
        .await
}

async fn preview(browser: &mut Browser, csv: &str) -> Result<BulkReport> {
    browser
        .send(async |identity, context| {
            identity
                .preview_bulk(context, csv, &["small".to_owned()])
                .await
        })
        .await
}

async fn users(browser: &mut Browser) -> usize {
    browser
        .send(async |identity, context| {
            identity
                .users(context, &types::admin::UserQuery::default())
                .await
        })
        .await
        .unwrap()
        .items
        .len()
}

#[tokio::test]
async fn a_list_is_previewed_applied_and_then_unchanged() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let csv = format!(
            "name,wallet,email,role,groups,profile,expires\n\
             ada,{},ada@example.org,admin,lab;manager:team,small,2099-12-31\n\n\
             grace,,,,lab,,\n",
            wallet(1).address
        );
        let report = preview(&mut admin, &csv).await.unwrap();
        assert!(!report.applied);
        assert_eq!(
            (
                report.count(BulkVerdict::Create),
                report.count(BulkVerdict::Blank)
            ),
            (2, 1)
        );
        assert_eq!(report.new_groups, ["lab", "team"]);
        assert_eq!(users(&mut admin).await, 1, "a preview writes nothing");

        let report = apply(&mut admin, &csv).await.unwrap();
        assert!(report.applied);
        assert!(
            report.lines[2]
                .message
                .contains("http://localhost:3000/join/")
        );
        let ada = site.browser().sign_in(&wallet(1)).await.unwrap();
        assert!(!ada.is_new_user);
        let account = site.identity.account(ada.user_id).await.unwrap();
        assert_eq!(account.name, "ada");
        assert_eq!(account.email.as_deref(), Some("ada@example.org"));
        assert_eq!(account.memberships.len(), 2);
        assert_eq!(
            site.identity
                .profile_of(ada.user_id)
                .await
                .unwrap()
                .as_deref(),
            Some("small")
        );

        let report = apply(&mut admin, &csv).await.unwrap();
        assert_eq!(report.count(BulkVerdict::Unchanged), 2);
        assert_eq!(users(&mut admin).await, 3);
        let report = apply(
            &mut admin,
            "name,groups,email\ngrace,manager:lab,grace@example.org",
        )
        .await
        .unwrap();
        assert_eq!(report.count(BulkVerdict::Update), 1);
    }
}

#[tokio::test]
async fn one_bad_line_keeps_the_whole_list_out() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let report = apply(&mut admin, "name,wallet\ngood,\nbad,0x123")
            .await
            .unwrap();
        assert!(!report.applied);
        assert_eq!(report.lines[1].verdict, BulkVerdict::Reject);
        assert_eq!(report.lines[1].line, 3);
        assert_eq!(users(&mut admin).await, 1);
        assert_eq!(
            code(apply(&mut admin, "name,name\nx,y").await),
            ErrorCode::BadRequest
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_list_twice_at_once_makes_everyone_once() {
    for site in sites(|_| ()).await {
        let admin = site.administrator(&wallet(9)).await;
        let csv: String = (0..50).map(|number| format!("person{number}\n")).collect();
        let attempts = [(); 3].map(|()| {
            let (mut admin, csv) = (admin.clone(), format!("name\n{csv}"));
            tokio::spawn(async move { apply(&mut admin, &csv).await.unwrap() })
        });
        let mut created = 0;
        for attempt in attempts {
            let report = attempt.await.unwrap();
            assert!(report.applied);
            created += report.count(BulkVerdict::Create);
        }
        assert_eq!(created, 50);
        assert!(
            site.identity
                .verify_audit()
                .await
                .unwrap()
                .broken_at
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_long_list_is_written_whole() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let mut csv = "name,wallet,email,groups\n".to_owned();
        for number in 0..3_000 {
            csv.push_str(&format!(
                "user{number},0x{number:040x},u{number}@example.org,g{};all\n",
                number % 10
            ));
        }
        let csv = csv.replace(
            "0x0000000000000000000000000000000000000000",
            "0xffffffffffffffffffffffffffffffffffffffff",
        );
        let report = apply(&mut admin, &csv).await.unwrap();
        assert!(
            report.applied,
            "{:?}",
            report
                .lines
                .iter()
                .find(|line| line.verdict == BulkVerdict::Reject)
        );
        assert_eq!(report.count(BulkVerdict::Create), 3_000);
        let groups = admin
            .send(async |identity, context| identity.groups(context).await)
            .await
            .unwrap();
        assert_eq!(
            groups.iter().find(|(_, name, _)| name == "all").unwrap().2,
            3_000
        );
        let verdict = site.identity.verify_audit().await.unwrap();
        assert!(verdict.broken_at.is_none());
        assert!(verdict.entries > 3_000, "one entry for each person");
    }
}
