use leptos::prelude::*;

use super::Specimen;
use crate::ui::{Breadcrumb, Card, Crumb, IconName, Stepper, TabLink, Tabs, Tooltip};

#[component]
pub(super) fn Navigation() -> impl IntoView {
    let tabs = vec![
        TabLink::new("/ui", "Overview").with_icon(IconName::Dashboard),
        TabLink::new("/ui?tab=events", "Events")
            .with_icon(IconName::List)
            .with_count(12),
        TabLink::new("/ui?tab=log", "Log").with_icon(IconName::Terminal),
    ];
    let steps = ["Choose a wallet", "Sign the message", "Signed in"]
        .map(str::to_owned)
        .to_vec();
    view! {
        <Card title="Where am I">
            <Specimen name="Tabs"><Tabs label="Parts of the server" tabs current="/ui" /></Specimen>
            <Specimen name="Breadcrumb">
                <Breadcrumb above=vec![Crumb::new("/admin/users", "Users")] here="ada" />
            </Specimen>
            <Specimen name="Stepper"><Stepper label="Sign-in" steps current=1_usize /></Specimen>
            <Specimen name="Tooltip">
                <Tooltip text="It appears on hover and on focus">
                    <a class="link" href="#main">"Hover or focus me"</a>
                </Tooltip>
            </Specimen>
        </Card>
    }
}
