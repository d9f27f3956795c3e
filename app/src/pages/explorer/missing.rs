//! Pages of things that are not there, with status 404 and a way on.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;

use super::path;
use crate::ui::{Button, ButtonKind, IconName, LinkButton, SearchField};

/// `title` says what is not there; the children say why that may be and what to do.
#[component]
pub(super) fn NotThere(#[prop(into)] title: String, children: Children) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::shell::document::set_status(http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found" />
        <div class="page-message explorer-missing">
            <p class="page-message-code">"404"</p>
            <h1 class="page-title">{title}</h1>
            <div class="page-description">{children()}</div>
            <Form method="GET" action=path::SEARCH attr:class="explorer-search">
                <SearchField name="q" label="Search the chain" placeholder="Address, transaction, block, token or name" />
                <Button kind=ButtonKind::Submit>"Search"</Button>
            </Form>
            <LinkButton href=path::HOME icon=IconName::ArrowLeft>"To the explorer"</LinkButton>
        </div>
    }
}

/// The text in the address is no address of the chain.
#[component]
pub(super) fn NoAddress() -> impl IntoView {
    view! {
        <NotThere title="This is not an address">
            <p>"An address is 0x and 40 hexadecimal digits. With capital and small letters mixed, they must fit the address's checksum: copy it again from where you have it."</p>
        </NotThere>
    }
}
