//! The parts of the administration.

use leptos::prelude::*;
use types::sign_in::Viewer;

use crate::ui::{IconName, TabLink, Tabs};

/// Links to every part that the viewer may see; `current` is the path of the one that is shown.
#[component]
pub(super) fn AdminTabs(viewer: Viewer, current: &'static str) -> impl IntoView {
    view! { <Tabs label="Administration" tabs=tabs(&viewer) current /> }
}

fn tabs(viewer: &Viewer) -> Vec<TabLink> {
    let mut tabs = vec![
        TabLink::new("/admin/users", "Users").with_icon(IconName::User),
        TabLink::new("/admin/servers", "Servers").with_icon(IconName::Server),
    ];
    tabs.push(TabLink::new("/admin/invitations", "Invitations").with_icon(IconName::Link));
    // Only administrators write lists of users and read what everyone did.
    if viewer.is_administrator {
        tabs.push(TabLink::new("/admin/bulk", "Bulk users").with_icon(IconName::Upload));
        tabs.push(TabLink::new("/admin/audit", "Audit log").with_icon(IconName::List));
    }
    tabs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::user_id;

    #[test]
    fn managers_are_offered_only_what_they_may_see() {
        let mut viewer = Viewer {
            user_id: user_id(),
            name: "m".into(),
            display_name: "M".into(),
            wallet: None,
            is_administrator: false,
            is_manager: true,
        };
        let hrefs = |viewer: &Viewer| {
            tabs(viewer)
                .into_iter()
                .map(|tab| tab.href)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            hrefs(&viewer),
            ["/admin/users", "/admin/servers", "/admin/invitations"]
        );
        viewer.is_administrator = true;
        assert_eq!(hrefs(&viewer).len(), 5);
    }
}
