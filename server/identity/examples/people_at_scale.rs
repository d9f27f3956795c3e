//! How long lists and tables of many people take, on the databases that are there:
//!
//! ```text
//! cargo run --release -p identity --example people_at_scale [PEOPLE]
//! ```
//!
//! Makes a list of 10,000 lines, previews and applies it, fills the table up to PEOPLE (50,000)
//! and reads pages of it in every order, by search and by group. SQLite always; PostgreSQL when
//! `LEDGERCLOUD_TEST_POSTGRES` names a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // it reports, and fails loudly

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use identity::{Identity, IdentityConfig, RequestContext, Selector};
use migrations::testing::databases;
use tower_sessions::Session;
use types::admin::{UserQuery, UserSort};
use types::bulk::BulkVerdict;
use types::sign_in::Viewer;
use types::{PageRequest, WalletAddress};

const LINES: usize = 10_000;
const PEOPLE: usize = 50_000;
/// Pages read of each kind.
const PAGES: usize = 20;

#[tokio::main]
async fn main() {
    let people = std::env::args()
        .nth(1)
        .map_or(PEOPLE, |text| text.parse().expect("a number of people"));
    for database in databases().await {
        println!("{}", database.url.split(':').next().unwrap());
        let config = IdentityConfig::new("http://localhost:3000".parse().unwrap());
        let identity = Identity::open(database.connection.clone(), config)
            .await
            .unwrap();
        let context = administrator(&identity).await;

        let list = lines(0, LINES);
        let begun = Instant::now();
        let report = identity.preview_bulk(&context, &list, &[]).await.unwrap();
        println!(
            "  preview of {LINES} lines        {:>8.0?}",
            begun.elapsed()
        );
        assert_eq!(report.count(BulkVerdict::Create), LINES);
        let begun = Instant::now();
        assert!(
            identity
                .apply_bulk(&context, &list, &[])
                .await
                .unwrap()
                .applied
        );
        println!(
            "  {LINES} new people              {:>8.0?}",
            begun.elapsed()
        );
        let begun = Instant::now();
        let report = identity.apply_bulk(&context, &list, &[]).await.unwrap();
        println!("  the same list again           {:>8.0?}", begun.elapsed());
        assert_eq!(report.count(BulkVerdict::Unchanged), LINES);

        for start in (LINES..people).step_by(LINES) {
            let more = lines(start, LINES.min(people - start));
            assert!(
                identity
                    .apply_bulk(&context, &more, &[])
                    .await
                    .unwrap()
                    .applied
            );
        }
        pages(&identity, &context, people).await;
        let begun = Instant::now();
        let verdict = identity.verify_audit().await.unwrap();
        println!(
            "  check of {} audit entries  {:>8.0?}",
            verdict.entries,
            begun.elapsed()
        );
        assert!(verdict.broken_at.is_none());
    }
}

async fn administrator(identity: &Identity) -> RequestContext {
    let address = WalletAddress([0xad; 20]);
    let user_id = identity
        .make_administrator(&Selector::Wallet(address))
        .await
        .unwrap();
    RequestContext {
        session: Session::new(None, Arc::new(identity.session_storage()), None),
        request_id: "benchmark".to_owned(),
        ip: [127, 0, 0, 1].into(),
        user_agent: String::new(),
        viewer: Some(Viewer {
            user_id,
            name: address.to_lower_hex(),
            display_name: address.to_short(),
            wallet: None,
            is_administrator: true,
            is_manager: false,
        }),
        session_key: None,
    }
}

fn lines(start: usize, count: usize) -> String {
    let mut csv = "name,wallet,email,role,groups,profile,expires\n".to_owned();
    for number in start..start + count {
        let (address, group) = (number + 1, number % 20);
        writeln!(csv, "person{number},0x{address:040x},p{number}@example.org,member,course{group};all,,2099-12-31").unwrap();
    }
    csv
}

async fn pages(identity: &Identity, context: &RequestContext, people: usize) {
    let base = UserQuery::default();
    for (what, query) in [
        ("by name", base.clone()),
        (
            "newest first",
            UserQuery {
                sort: UserSort::NewestFirst,
                ..base.clone()
            },
        ),
        (
            "last seen first",
            UserQuery {
                sort: UserSort::LastSeenFirst,
                ..base.clone()
            },
        ),
        (
            "of one group",
            UserQuery {
                group: Some("course7".to_owned()),
                ..base.clone()
            },
        ),
        (
            "found by e-mail",
            UserQuery {
                search: Some("99@example".to_owned()),
                ..base.clone()
            },
        ),
        (
            "found nowhere",
            UserQuery {
                search: Some("nobody at all".to_owned()),
                ..base
            },
        ),
    ] {
        let (mut after, mut read) = (None, 0);
        let begun = Instant::now();
        for _ in 0..PAGES {
            let query = UserQuery {
                page: PageRequest {
                    after: after.take(),
                    limit: None,
                },
                ..query.clone()
            };
            after = identity.users(context, &query).await.unwrap().next;
            read += 1;
            if after.is_none() {
                break;
            }
        }
        println!(
            "  a page {what:<16} of {people:>6} {:>8.1?}",
            begun.elapsed() / read
        );
    }
}
