use leptos::prelude::*;

use crate::ui::{Card, Icon, IconName};

#[component]
pub(super) fn Icons() -> impl IntoView {
    let glyph = |name: IconName| {
        view! {
            <div class="glyph">
                <Icon name size=20 />
                {format!("{name:?}")}
            </div>
        }
    };
    view! {
        <Card title="Icons">
            <div class="glyphs">{IconName::ALL.iter().copied().map(glyph).collect_view()}</div>
        </Card>
    }
}
