//! Pages for some people only. The server functions behind a page authorise for themselves; these
//! components spare everyone else a page of refusals.

use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_navigate};
use types::UserId;
use types::sign_in::Viewer;

use super::use_shell;
use crate::ui::{ButtonVariant, IconName, LinkButton};

/// Shows its children to whoever is signed in; sends everyone else to sign in and back. The page
/// is built anew only when another person signs in.
#[component]
pub fn RequireViewer<F, V>(children: F) -> impl IntoView
where
    F: Fn(Viewer) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    gate(|_| true, children)
}

/// As [`RequireViewer`], for administrators and managers of a group.
#[component]
pub fn RequireManager<F, V>(children: F) -> impl IntoView
where
    F: Fn(Viewer) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    gate(
        |viewer| viewer.is_administrator || viewer.is_manager,
        children,
    )
}

/// As [`RequireViewer`], for administrators.
#[component]
pub fn RequireAdministrator<F, V>(children: F) -> impl IntoView
where
    F: Fn(Viewer) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    gate(|viewer| viewer.is_administrator, children)
}

/// Where to sign in so that one comes back to `path`.
#[must_use]
pub fn sign_in_path(path: &str) -> String {
    if path.is_empty() || path == "/" {
        return "/sign-in".to_owned();
    }
    format!("/sign-in?next={}", super::percent::encode_query_value(path))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    SignIn,
    Refused,
    /// Another person means another page.
    Granted(UserId),
}

fn gate<V>(
    allows: fn(&Viewer) -> bool,
    children: impl Fn(Viewer) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    let viewer = use_shell().viewer();
    let access = Memo::new(move |_| match viewer.get() {
        None => Access::SignIn,
        Some(viewer) if allows(&viewer) => Access::Granted(viewer.user_id),
        Some(_) => Access::Refused,
    });
    move || match (access.get(), viewer.get_untracked()) {
        (Access::Granted(_), Some(viewer)) => EitherOf3::A(children(viewer)),
        (Access::Refused, _) => EitherOf3::B(view! { <Refused /> }),
        _ => EitherOf3::C(view! { <SignInFirst /> }),
    }
}

#[component]
fn SignInFirst() -> impl IntoView {
    let location = use_location();
    let query = location.search.get_untracked();
    let here = match query.is_empty() {
        true => location.pathname.get_untracked(),
        false => format!("{}?{query}", location.pathname.get_untracked()),
    };
    let target = sign_in_path(&here);
    #[cfg(feature = "ssr")]
    super::document::redirect(&target);
    let navigate = use_navigate();
    let destination = target.clone();
    Effect::new(move |_| navigate(&destination, leptos_router::NavigateOptions::default()));
    view! {
        <div class="page page-narrow">
            <p>"Sign in to see this page. " <a href=target>"Go to sign-in"</a></p>
        </div>
    }
}

#[component]
fn Refused() -> impl IntoView {
    #[cfg(feature = "ssr")]
    super::document::set_status(http::StatusCode::FORBIDDEN);
    view! {
        <Title text="Not allowed" />
        <div class="page page-message">
            <p class="page-message-code">"403"</p>
            <h1 class="page-title">"This page is for administrators"</h1>
            <p class="page-description">
                "Ask an administrator of this site to give you the role."
            </p>
            <LinkButton href="/dashboard" variant=ButtonVariant::Primary icon=IconName::ArrowLeft>
                "Go to your dashboard"
            </LinkButton>
        </div>
    }
}
