//! Every component in every state, on development instances.

mod actions;
mod data;
mod dialogs;
mod forms;
mod icons;
mod messages;
mod navigation;
mod palette;

use leptos::prelude::*;

use super::not_found::NotFoundPage;
use crate::shell::use_shell;
use crate::ui::PageHeader;

/// `/ui`; on other instances it does not exist.
#[component]
pub fn GalleryPage() -> impl IntoView {
    if !use_shell().site().development {
        return view! { <NotFoundPage /> }.into_any();
    }
    view! { <Gallery /> }.into_any()
}

/// The specimens themselves.
#[component]
pub(crate) fn Gallery() -> impl IntoView {
    view! {
        <div class="page">
            <PageHeader
                title="Components"
                description="Every component of the kit in every state, in the theme that you chose above."
            />
            <palette::Palette />
            <icons::Icons />
            <actions::Buttons />
            <forms::Fields />
            <messages::Labels />
            <messages::Messages />
            <messages::Waiting />
            <data::Tables />
            <data::Charts />
            <data::Values />
            <navigation::Navigation />
            <dialogs::Overlays />
        </div>
    }
}

/// One component, with its name.
#[component]
fn Specimen(#[prop(into)] name: String, children: Children) -> impl IntoView {
    view! {
        <div class="specimen">
            <p class="specimen-name">{name}</p>
            <div class="specimen-body">{children()}</div>
        </div>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
