use super::*;
use crate::context::SiteSettings;
use crate::rendered::html;
use crate::ui::{IconName, toast};

/// Every `id` and every `for`, `aria-labelledby` and `aria-describedby` that points at one.
fn attribute_values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    page.split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn gallery() -> String {
    html(|| {
        leptos_meta::provide_meta_context();
        crate::shell::provide_shell();
        crate::ui::time::provide_clock();
        toast::provide_toasts();
        view! { <Gallery /> }
    })
}

#[test]
fn it_shows_every_icon() {
    let page = gallery();
    for icon in IconName::ALL {
        assert!(page.contains(icon.path()), "{icon:?}");
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    let page = gallery();
    let ids = attribute_values(&page, "id");
    let mut seen = std::collections::HashSet::new();
    for id in &ids {
        assert!(seen.insert(*id), "{id} twice");
    }
    for name in ["for", "aria-labelledby", "aria-describedby", "commandfor"] {
        for references in attribute_values(&page, name) {
            for reference in references.split_whitespace() {
                assert!(seen.contains(reference), "{name}={reference} leads nowhere");
            }
        }
    }
}

#[test]
fn it_exists_on_development_instances_only() {
    let settings = SiteSettings {
        hub_origin: "http://localhost:3000".to_owned(),
        development: false,
        unsandboxed: false,
        version: "0".to_owned(),
    };
    // Outside a request the facts are those of an ordinary site.
    assert_eq!(
        crate::shell::facts::ShellFacts::default().site.development,
        settings.development
    );
    let page = html(|| {
        leptos_meta::provide_meta_context();
        view! { <GalleryPage /> }
    });
    assert!(page.contains("There is nothing at this address"));
}

/// For looking at the kit without a running site: `LEDGERCLOUD_WRITE_GALLERY=file.html`.
#[test]
fn it_can_be_written_to_a_file() {
    let page = gallery();
    assert!(page.contains("Components"));
    if let Ok(path) = std::env::var("LEDGERCLOUD_WRITE_GALLERY") {
        std::fs::write(path, page).unwrap();
    }
}
