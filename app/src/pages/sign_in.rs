//! Sign-in, and linking another wallet or identity to the account that is signed in.

mod built_in;
mod notes;
mod oauth;
pub mod view;
mod ways;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::sign_in::ProofPurpose;

use crate::actions::sign_in::read_sign_in_options;
use crate::pages::loading::loaded;
use crate::shell::use_shell;
use crate::ui::PageHeader;
use notes::Failed;
use ways::Ways;

/// `/sign-in?next=<path>&purpose=link&error=<code>`
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let viewer = use_shell().viewer();
    let purpose =
        Memo::new(move |_| purpose_of(query.with(|query| query.get("purpose")).as_deref()));
    let error = Memo::new(move |_| query.with(|query| query.get("error")));
    let options = Resource::new_blocking(
        move || query.with(|query| query.get("next")).unwrap_or_default(),
        read_sign_in_options,
    );
    view! {
        <div class="page page-narrow">
            {move || match purpose.get() {
                ProofPurpose::SignIn => view! {
                    <PageHeader title="Sign in" description="Your wallet is your account. Nothing to register, no password to lose." />
                },
                ProofPurpose::Link => view! {
                    <PageHeader title="Link another way to sign in" description="It will open the account that you are signed in to." />
                },
            }}
            {move || error.get().map(|code| view! { <Failed code /> })}
            // Another purpose is another page, even where only the address's query tells them apart.
            {move || {
                let purpose = purpose.get();
                loaded(options, move |options| {
                    view! { <Ways options purpose viewer=viewer.get_untracked() /> }
                })
            }}
        </div>
    }
}

fn purpose_of(text: Option<&str>) -> ProofPurpose {
    match text {
        Some("link") => ProofPurpose::Link,
        _ => ProofPurpose::SignIn,
    }
}
