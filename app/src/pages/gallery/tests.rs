use crate::rendered::page;
use crate::shell::facts::ShellFacts;
use crate::ui::IconName;

/// Every `id` and every `for`, `aria-labelledby` and `aria-describedby` that points at one.
fn attribute_values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    page.split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn facts() -> ShellFacts {
    let mut facts = ShellFacts::default();
    facts.site.development = true;
    facts
}

#[test]
fn it_shows_every_icon() {
    let page = page("/ui", facts());
    for icon in IconName::ALL {
        assert!(page.contains(icon.path()), "{icon:?}");
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    let page = page("/ui", facts());
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
    assert!(page("/ui", facts()).contains("Every component of the kit"));
    let elsewhere = page("/ui", ShellFacts::default());
    assert!(elsewhere.contains("There is nothing at this address"));
    assert!(!elsewhere.contains("Every component of the kit"));
}
