//! Forms of the signed-in pages: server actions that work before hydration and say in place what
//! became of them.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::actions::error::ActionError;
use crate::ui::ErrorView;

/// An action of one row among many. After a form post without JavaScript the failure is in the
/// page's address and belongs to no row in particular: the page shows it once, with
/// [`posted_failure`].
pub(crate) fn row_action<S>() -> ServerAction<S>
where
    S: ServerFn<Error = ActionError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let action = ServerAction::<S>::new();
    action.clear();
    action
}

/// The failure of a form of this kind that was posted without JavaScript.
pub(crate) fn posted_failure<S>() -> Option<ActionError>
where
    S: ServerFn<Error = ActionError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    ServerAction::<S>::new().value().with_untracked(|value| {
        value
            .as_ref()
            .and_then(|result| result.as_ref().err().cloned())
    })
}

/// What the last run of an action came to, without its value: for [`crate::ui::Outcome`].
pub(crate) fn outcome<S>(action: ServerAction<S>) -> Signal<Option<Result<(), ActionError>>>
where
    S: ServerFn<Error = ActionError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    Signal::derive(move || {
        action.value().with(|value| {
            value
                .as_ref()
                .map(|result| result.as_ref().map(|_| ()).map_err(Clone::clone))
        })
    })
}

/// Calls `done` with each result that succeeds.
pub(crate) fn on_success<S>(action: ServerAction<S>, done: impl Fn(S::Output) + 'static)
where
    S: ServerFn<Error = ActionError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    Effect::new(move |_| {
        if let Some(Ok(output)) = action.value().get() {
            done(output);
        }
    });
}

/// Shows the failure of a form of this kind that was posted without JavaScript, once per page.
#[component]
pub(crate) fn PostedFailure<S>(
    /// Which form; only its type counts.
    #[prop(default = std::marker::PhantomData)]
    form: std::marker::PhantomData<fn() -> S>,
) -> impl IntoView
where
    S: ServerFn<Error = ActionError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let _ = form;
    posted_failure::<S>().map(|error| view! { <ErrorView error=error.0 /> })
}
