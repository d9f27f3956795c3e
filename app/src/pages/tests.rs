//! The signed-in pages as HTML, without a browser and without a server behind them.

use leptos::prelude::*;
use types::Timestamp;
use types::audit::{Actor, ActorKind, AuditEntry, Outcome};
use types::bulk::{BulkLine, BulkReport, BulkVerdict};
use types::notebook::{NextPause, Notice, NoticeKind, ServerFailure, ServerState, ServerView};

use super::samples::{NOW, failure, server};
use crate::rendered::html;

/// Without tags and with single spaces: what a reader sees.
pub(super) fn text(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in html.chars() {
        match character {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            _ if !is_tag => text.push(character),
            _ => {}
        }
    }
    // Comments mark where things may change later; they are nothing to read.
    text.split_whitespace()
        .filter(|word| *word != "--")
        .collect::<Vec<_>>()
        .join(" ")
}

fn card(server: ServerView) -> String {
    html(move || {
        let server = Signal::stored(server);
        view! { <super::dashboard::card::ServerCard server done=Callback::new(|_| ()) /> }
    })
}

fn in_state(state: ServerState) -> ServerView {
    let mut view = server("research");
    view.state = state;
    if !state.is_alive() {
        (view.next_pause, view.usage) = (None, None);
    }
    view
}

/// Without a shell above it the clock of a component stands at 0.
const SOON: Timestamp = Timestamp(570_000);

#[test]
fn a_card_shows_state_use_and_what_can_be_done() {
    let mut view = server("research");
    view.next_pause = view.next_pause.map(|pause| NextPause { at: SOON, ..pause });
    let shown = card(view);
    insta::assert_snapshot!("card_ready", text(&shown));
    for needle in [
        "action=\"/api/servers/command\"",
        "name=\"command\" value=\"freeze\"",
        "name=\"command\" value=\"stop\"",
        "name=\"command\" value=\"keep_active\"",
        "role=\"meter\"",
        "target=\"_blank\"",
    ] {
        assert!(shown.contains(needle), "{needle} is missing in {shown}");
    }
}

#[test]
fn every_state_has_its_card() {
    for state in ServerState::ALL {
        let shown = card(in_state(state));
        assert!(
            shown.contains(&format!("state-{}", state.as_str())),
            "{state:?}"
        );
        assert_eq!(
            shown.contains("role=\"progressbar\""),
            state.is_starting(),
            "{state:?}"
        );
        assert_eq!(
            shown.contains("role=\"meter\""),
            state.is_alive(),
            "{state:?}"
        );
    }
}

#[test]
fn a_failure_says_where_why_and_what_next() {
    let mut view = in_state(ServerState::Failed);
    view.failure = Some(ServerFailure {
        at: Timestamp(0),
        ..failure()
    });
    insta::assert_snapshot!("card_failed", text(&card(view)));
}

#[test]
fn memory_exhaustion_is_told() {
    let mut view = server("research");
    view.notices = vec![Notice {
        time: NOW,
        kind: NoticeKind::OutOfMemory,
        message: "Memory limit 2 GiB reached; the kernel was ended".into(),
    }];
    let shown = card(view);
    assert!(
        shown.contains("role=\"alert\"") && shown.contains("Memory limit 2 GiB reached"),
        "{shown}"
    );
}

/// Names are chosen by users, and causes and messages may carry them.
#[test]
fn nothing_that_users_write_becomes_markup() {
    const PLANTED: &str = "</script><img src=x onerror=alert(1)>";
    let mut view = in_state(ServerState::Failed);
    view.display_name = PLANTED.into();
    view.owner = PLANTED.into();
    view.cause = PLANTED.into();
    view.message = PLANTED.into();
    let mut told = failure();
    told.cause = PLANTED.into();
    told.hint = PLANTED.into();
    view.failure = Some(told);
    view.notices = vec![Notice {
        time: NOW,
        kind: NoticeKind::DiskFull,
        message: PLANTED.into(),
    }];
    let shown = card(view);
    assert!(
        !shown.contains("<img") && !shown.contains("</script>"),
        "{shown}"
    );
}

#[test]
fn verdicts_begin_with_the_problems() {
    let lines = vec![
        BulkLine {
            line: 2,
            name: "ada".into(),
            verdict: BulkVerdict::Create,
            message: "New user.".into(),
        },
        BulkLine {
            line: 3,
            name: "bob".into(),
            verdict: BulkVerdict::Reject,
            message: "The wallet is also on line 2.".into(),
        },
    ];
    let report = BulkReport {
        lines,
        applied: false,
        new_groups: vec![],
    };
    let shown = html(move || view! { <super::admin::bulk::Report report /> });
    insta::assert_snapshot!("bulk_report", text(&shown));
    assert!(
        !text(&shown).contains("New user."),
        "the filter begins with the problems"
    );
}

#[test]
fn audit_entries_show_who_what_and_the_hash() {
    let entry = AuditEntry {
        seq: 7,
        time: Timestamp(0),
        request_id: "r".into(),
        actor: Actor {
            kind: ActorKind::User,
            id: "u".into(),
            name: "satoshi".into(),
            session: None,
            ip: Some("127.0.0.1".into()),
        },
        action: "server.stop".into(),
        target: "server:x".into(),
        outcome: Outcome::Refused,
        reason: "not theirs".into(),
        change: String::new(),
        prev_hash: "0".repeat(64),
        hash: "ab".repeat(32),
    };
    let shown = html(move || super::admin::audit::entry::entry_rows("Audit log", vec![entry]));
    insta::assert_snapshot!("audit_entry", text(&shown));
    assert!(
        shown.contains(&"ab".repeat(32)),
        "the whole hash is at hand"
    );
}
