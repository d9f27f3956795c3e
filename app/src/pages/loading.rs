//! A page's data: while it is read, when it is there, and when it could not be read.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use types::ErrorCode;

use crate::actions::error::{ActionError, ActionResult};
use crate::pages::not_found::NotFoundPage;
use crate::shell::use_shell;
use crate::ui::{ErrorView, Skeleton};

/// Shows what a page's resource holds. The pages are sent complete, so the outline is seen only
/// after going to the page by a link; what is shown stays until what is read anew is there.
pub(crate) fn loaded<T, V>(
    resource: Resource<ActionResult<T>>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=|| view! { <Skeleton lines=6 /> }>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(data) => view(data).into_any(),
                        Err(error) => failed(error, Callback::new(move |()| resource.refetch())),
                    }
                })
            }}
        </Transition>
    }
}

/// A page without its data. Whatever is not there, or not the reader's, is not there at all.
fn failed(error: ActionError, retry: Callback<()>) -> AnyView {
    if error.code == ErrorCode::NotFound {
        return view! { <NotFoundPage /> }.into_any();
    }
    if error.code == ErrorCode::SignInRequired {
        // The session has ended: the frame learns it and leads to the sign-in.
        use_shell().refresh();
    }
    answer_with_status(&error);
    view! { <ErrorView error=error.0 retry /> }.into_any()
}

/// The status code of the page that is being rendered.
fn answer_with_status(error: &ActionError) {
    #[cfg(feature = "ssr")]
    if let Ok(status) = http::StatusCode::from_u16(error.code.status()) {
        crate::shell::document::set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = error;
}
