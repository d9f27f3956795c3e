//! Another size for a server at rest.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::notebook::{ProfileSummary, ServerView};

use crate::actions::servers::SetServerProfile;
use crate::pages::dashboard::new_server::profile_options;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{Button, ButtonKind, Outcome, Select};

/// Shown while the server rests: limits are set when it starts.
#[component]
pub(super) fn ChangeSize(
    server: Memo<ServerView>,
    profiles: Vec<ProfileSummary>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let is_at_rest = Memo::new(move |_| server.with(|server| server.state.is_startable()));
    let is_choice = profiles.len() > 1;
    view! {
        <Show when=move || is_choice && is_at_rest.get()>
            <SizeForm server profiles=profiles.clone() done />
        </Show>
    }
}

#[component]
fn SizeForm(
    server: Memo<ServerView>,
    profiles: Vec<ProfileSummary>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let change = row_action::<SetServerProfile>();
    on_success(change, move |server| done.run(server));
    let (server_id, slug) =
        server.with_untracked(|server| (server.server_id.to_string(), server.profile.slug.clone()));
    view! {
        <ActionForm action=change attr:class="mt-4 grid gap-3">
            <input type="hidden" name="server_id" value=server_id />
            <Select
                name="profile"
                label="Size from the next start on"
                options=profile_options(&profiles)
                selected=slug
            />
            <div class="flex flex-wrap items-center gap-3">
                <Button kind=ButtonKind::Submit loading=change.pending()>"Change size"</Button>
                <Outcome result=outcome(change) success="Changed." />
            </div>
        </ActionForm>
    }
}
