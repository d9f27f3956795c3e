use super::*;
use crate::bulk::parse;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const A: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const B: &str = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";

fn user(number: u128, name: &str) -> KnownUser {
    KnownUser {
        id: UserId::from_parts(0, number),
        name: name.to_owned(),
        wallets: Vec::new(),
        has_identity: false,
        email: None,
        role: Role::Member,
        profile: None,
        expires_at: None,
        groups: BTreeMap::new(),
    }
}

fn directory() -> Directory {
    let mut ada = user(1, "ada");
    ada.wallets.push(A.parse().unwrap());
    ada.role = Role::Administrator;
    let mut carl = user(2, "carl");
    carl.has_identity = true;
    carl.email = Some("carl@example.org".to_owned());
    carl.groups.insert("lab".to_owned(), GroupStanding::Member);
    Directory {
        lasting_administrators: BTreeSet::from([ada.id]),
        users: vec![ada, carl, user(3, "dora")],
        groups: BTreeSet::from(["lab".to_owned()]),
    }
}

fn planned(csv: &str) -> Plan {
    plan(
        &parse(csv).unwrap(),
        &directory(),
        &["small".to_owned(), "large".to_owned()],
        NOW,
    )
}

/// The verdict on the last line, and a part of its message.
fn check(csv: &str, verdict: BulkVerdict, part: &str) {
    let plan = planned(csv);
    let line = plan.lines.last().unwrap();
    assert_eq!(line.verdict, verdict, "{csv:?}: {}", line.message);
    assert!(
        line.message.contains(part),
        "{csv:?}: {:?} has no {part:?}",
        line.message
    );
}

#[test]
fn good_lines_say_what_they_do() {
    use BulkVerdict::{Blank, Create, Unchanged, Update};
    check(&format!("name,wallet\nbob,{B}"), Create, "0x8617…070D");
    check(&format!("wallet\n{B}"), Create, "0x8617…070D");
    check(&format!("wallet\n{}", B.to_lowercase()), Create, "new user");
    check("name\nbob", Create, "personal link");
    check(&format!("name,wallet\nada,{A}"), Unchanged, "");
    check(&format!("wallet\n{A}"), Unchanged, "");
    check("name,groups\ncarl,lab", Unchanged, "");
    check("name,groups\ncarl,manager:lab", Update, "manages lab");
    check("name,role\ncarl,manager:lab", Update, "manages lab");
    check(
        "name,role,groups\ncarl,manager:new,lab; other",
        Update,
        "manages new, joins other",
    );
    check("name,profile\ncarl,small", Update, "small");
    check(
        "name,role\ncarl,Administrator",
        Update,
        "becomes administrator",
    );
    check("name,email\ncarl,carl@example.org", Unchanged, "");
    check(
        "name,expires\ncarl,2030-01-01",
        Update,
        "2030-01-02 00:00:00",
    );
    check(
        "name,expires\ncarl,2030-01-01T10:00:00+02:00",
        Update,
        "2030-01-01 08:00:00",
    );
    check(&format!("name,wallet\ndora,{B}"), Update, "gets the wallet");
    check("name\n\n", Blank, "empty");
}

#[test]
fn bad_lines_say_why() {
    for (csv, part) in [
        ("name,email\n,x@example.org", "a name or a wallet"),
        ("wallet\n0x12", "40 hexadecimal"),
        (
            "wallet\n0x52908400098527886E0F7030069857D2E4169Ee7",
            "checksum",
        ),
        (
            "wallet\n0x0000000000000000000000000000000000000000",
            "zero address",
        ),
        ("name\na/b", "letters, digits"),
        (&format!("name\n{A}"), "look like"),
        (
            &format!("name,wallet\n{A},{B}"),
            "look like a wallet address",
        ),
        ("name,email\nbob,nobody", "e-mail"),
        ("name,role\nbob,root", "there is no role"),
        ("name,role\nbob,manager:", "group name"),
        ("name,groups\nbob,a/b", "group name"),
        ("name,profile\nbob,huge", "small, large"),
        ("name,expires\nbob,31.12.2030", "no date"),
        ("name,expires\nbob,2030-02-30", "no date"),
        ("name,expires\nbob,2020-01-01", "is past"),
        ("name\nbob\nbob", "line 2"),
        ("name\nbob\nBOB", "line 2"),
        (&format!("name,wallet\nbob,{B}\neve,{B}"), "line 2"),
        (&format!("wallet\n{B}\n\n{}", B.to_lowercase()), "line 2"),
        (&format!("name,wallet\nada,\n,{A}"), "line 2"),
        (&format!("name,wallet\nbob,{A}"), "belongs to the user ada"),
        (&format!("name,wallet\nada,{B}"), "another way to sign in"),
        (&format!("name,wallet\ncarl,{B}"), "another way to sign in"),
        ("name,role\nada,member", "without an administrator"),
        ("name,expires\nada,2030-01-01", "without an administrator"),
    ] {
        check(csv, BulkVerdict::Reject, part);
        assert!(!planned(csv).is_applicable());
    }
}

#[test]
fn an_administrator_may_go_when_another_comes() {
    for csv in [
        "name,role\nada,member\ncarl,administrator",
        "name,role\nbob,administrator\nada,member",
    ] {
        assert!(planned(csv).is_applicable(), "{csv}");
    }
    // One who expires does not replace one who stays.
    assert!(
        !planned("name,role,expires\nada,member,\nbob,administrator,2030-01-01").is_applicable()
    );
}

#[test]
fn new_groups_are_listed_once() {
    let plan = planned("name,groups\nbob,lab;new\neve,manager:new;zoo");
    assert_eq!(plan.new_groups, ["new", "zoo"]);
}

#[test]
fn keys_are_what_the_lines_are_matched_by() {
    let (names, wallets) = keys(&parse(&format!("name,wallet\nBob,{B}\n,{A}\nbad/,\n")).unwrap());
    assert!(names.contains("bob"));
    assert_eq!(wallets.len(), 2);
}

proptest! {
    /// A list can be read twice: what the first application made, the second leaves alone.
    #[test]
    fn applying_twice_changes_nothing(
        rows in proptest::collection::vec(("[b-g]{1,2}", "(lab|new|manager:new|)", "(|admin|member)", "(|small)"), 1..8),
    ) {
        let mut csv = "name,groups,role,profile\n".to_owned();
        for (name, groups, role, profile) in &rows {
            csv.push_str(&format!("{name},{groups},{role},{profile}\n"));
        }
        let first = planned(&csv);
        prop_assume!(first.is_applicable());
        let mut after = directory();
        for (number, change) in first.changes.iter().enumerate() {
            let Change::Create { user: new, .. } = change else { continue };
            let mut made = user(100 + number as u128, &new.name);
            made.role = new.role;
            made.groups = new.groups.clone();
            made.profile = new.profile.clone();
            after.users.push(made);
        }
        let second = plan(&parse(&csv).unwrap(), &after, &["small".to_owned()], NOW);
        prop_assert!(second.changes.is_empty(), "{:?}", second.changes);
    }

    /// Every line of the list gets exactly one verdict.
    #[test]
    fn every_line_has_a_verdict(csv in "[a-c,;:\n\"]{0,80}") {
        if let Ok(lines) = parse(&csv) {
            let plan = plan(&lines, &directory(), &[], NOW);
            prop_assert_eq!(plan.lines.len(), lines.len());
        }
    }
}
