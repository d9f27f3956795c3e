use types::UserId;

use super::*;
use crate::rendered::page;

fn viewer() -> Viewer {
    Viewer {
        user_id: UserId::from_parts(1, 1),
        name: "ada".to_owned(),
        display_name: "Ada <Lovelace>".to_owned(),
        wallet: None,
        is_administrator: false,
        is_manager: false,
    }
}

fn signed_in(viewer: Viewer) -> ShellFacts {
    ShellFacts {
        viewer: Some(viewer),
        ..ShellFacts::default()
    }
}

#[test]
fn titles_carry_the_sites_name() {
    for (name, title) in [
        ("", "Stoxus LedgerCloud"),
        ("Dashboard", "Dashboard · Stoxus LedgerCloud"),
    ] {
        assert_eq!(page_title(name.to_owned()), title);
    }
}

#[test]
fn sign_in_leads_back_to_where_one_was() {
    for (path, target) in [
        ("", "/sign-in"),
        ("/", "/sign-in"),
        ("/dashboard", "/sign-in?next=/dashboard"),
        (
            "/admin/users?role=x&search=a",
            "/sign-in?next=/admin/users%3Frole%3Dx%26search%3Da",
        ),
    ] {
        assert_eq!(sign_in_path(path), target);
    }
}

#[test]
fn a_stranger_sees_the_way_in_and_no_rooms() {
    let page = page("/", ShellFacts::default());
    assert!(page.contains("href=\"/sign-in\""), "{page}");
    assert!(page.contains("href=\"/explorer\""), "{page}");
    for inside in [
        "href=\"/account\"",
        "href=\"/wallet\"",
        "href=\"/admin/users\"",
        "action=\"/sign-out\"",
        "Development instance",
    ] {
        assert!(!page.contains(inside), "{inside} is shown to a stranger");
    }
}

#[test]
fn navigation_lists_what_is_there_for_this_person() {
    for (is_administrator, is_manager, oversees) in [
        (false, false, false),
        (true, false, true),
        (false, true, true),
    ] {
        let page = page(
            "/",
            signed_in(Viewer {
                is_administrator,
                is_manager,
                ..viewer()
            }),
        );
        assert!(page.contains("Ada &lt;Lovelace&gt;"), "{page}");
        assert!(page.contains("action=\"/sign-out\""));
        assert!(page.contains("Continue to your dashboard"));
        assert_eq!(page.contains("href=\"/admin/users\""), oversees);
    }
}

#[test]
fn the_site_confesses_what_it_runs_without() {
    let mut facts = ShellFacts::default();
    facts.site.unsandboxed = true;
    facts.site.development = true;
    let page = page("/", facts);
    assert!(page.contains("Notebooks run without a sandbox"));
    assert!(page.contains("Development instance"));
    assert!(page.contains("href=\"/ui\""));
}

#[test]
fn the_theme_in_use_is_pressed() {
    for theme in Theme::ALL {
        let page = page(
            "/",
            ShellFacts {
                theme,
                ..ShellFacts::default()
            },
        );
        let pressed: Vec<&str> = page
            .lines()
            .filter(|line| line.contains("aria-pressed=\"true\""))
            .collect();
        assert_eq!(pressed.len(), 1, "{pressed:?}");
        assert!(
            pressed
                .iter()
                .all(|line| line.contains(&format!("value=\"{}\"", theme.as_str())))
        );
    }
}

#[test]
fn every_page_searches_the_chain_without_scripts() {
    let page = page("/", ShellFacts::default());
    let form = page
        .lines()
        .find(|line| line.contains("action=\"/explorer/search\""));
    assert!(
        form.is_some_and(|form| form.contains("method=\"GET\"")),
        "{page}"
    );
    assert!(page.contains("name=\"q\""));
}

#[test]
fn unknown_addresses_are_answered_within_the_frame() {
    let page = page("/nothing/here", ShellFacts::default());
    assert!(page.contains("There is nothing at this address"));
    assert!(page.contains("class=\"site-header\""));
}

/// For looking at pages without a running site: `LEDGERCLOUD_WRITE_PAGES=folder`.
#[test]
fn pages_can_be_written_to_files() {
    let mut development = signed_in(Viewer {
        is_administrator: true,
        ..viewer()
    });
    development.site.development = true;
    let pages = [
        ("home", page("/", ShellFacts::default())),
        ("home-signed-in", page("/", signed_in(viewer()))),
        ("not-found", page("/nothing", ShellFacts::default())),
        ("gallery", page("/ui", development)),
    ];
    for (name, page) in pages {
        assert!(page.contains("<main"), "{name}");
        if let Ok(folder) = std::env::var("LEDGERCLOUD_WRITE_PAGES") {
            std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
        }
    }
}
