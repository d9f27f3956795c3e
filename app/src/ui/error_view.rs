//! An [`ApiError`] as people read it.

use leptos::prelude::*;
use types::{ApiError, ErrorCode};

use super::alert::Alert;
use super::button::{Button, ControlSize, LinkButton};
use super::icon::IconName;
use super::tone::Tone;

/// What happened, what to do next, and a button for it. Without `retry` it offers to load the
/// page again.
#[component]
pub fn ErrorView(
    #[prop(into)] error: ApiError,
    #[prop(optional, into)] retry: Option<Callback<()>>,
) -> impl IntoView {
    let code = error.code.as_str();
    let actions = next_step(error.code, retry);
    view! {
        <Alert tone=Tone::Danger title=error.message actions=move || actions>
            {error.hint.map(|hint| view! { <p>{hint}</p> })}
            <p class="error-code">{code}</p>
        </Alert>
    }
}

fn next_step(code: ErrorCode, retry: Option<Callback<()>>) -> AnyView {
    if code == ErrorCode::SignInRequired {
        return view! {
            <LinkButton href="/sign-in" size=ControlSize::Small icon=IconName::SignIn>"Sign in"</LinkButton>
        }
        .into_any();
    }
    match retry {
        Some(retry) => view! {
            <Button size=ControlSize::Small icon=IconName::Refresh on:click=move |_| retry.run(())>
                "Try again"
            </Button>
        }
        .into_any(),
        // An empty address is the page itself, with or without JavaScript.
        None => view! {
            <LinkButton href="" target="_self" size=ControlSize::Small icon=IconName::Refresh>
                "Reload"
            </LinkButton>
        }
        .into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
