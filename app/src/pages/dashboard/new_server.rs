//! The form for a named server.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::notebook::{ProfileSummary, ServerView};

use crate::actions::servers::CreateServer;
use crate::pages::form::{on_success, outcome, row_action};
use crate::pages::server::name::{
    SERVER_NAME_MAX, SERVER_NAME_PATTERN, SERVER_NAME_RULE, name_problem,
};
use crate::pages::server::usage::limits_sentence;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, Card, IconName, Outcome, Select, SelectOption, TextInput,
};

/// Name, size, and a button that makes the server and starts it.
#[component]
pub(super) fn NewServer(
    rows: RwSignal<Vec<ServerView>>,
    profiles: Vec<ProfileSummary>,
    named_servers_max: u32,
    done: Callback<ServerView>,
) -> impl IntoView {
    let named = Memo::new(move |_| {
        rows.with(|rows| rows.iter().filter(|row| !row.name.is_empty()).count())
    });
    let is_full =
        Memo::new(move |_| named.get() >= usize::try_from(named_servers_max).unwrap_or(usize::MAX));
    let description = limit_sentence(named_servers_max);
    view! {
        <Card title="New server" description>
            <Show
                when=move || !is_full.get()
                fallback=move || view! {
                    <p class="text-sm text-muted">"You have as many named servers as are allowed. Delete one to make another."</p>
                }
            >
                <NewServerForm rows profiles=profiles.clone() done />
            </Show>
        </Card>
    }
}

#[component]
fn NewServerForm(
    rows: RwSignal<Vec<ServerView>>,
    profiles: Vec<ProfileSummary>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let create = row_action::<CreateServer>();
    let name = RwSignal::new(String::new());
    on_success(create, move |server: ServerView| {
        name.set(String::new());
        done.run(server);
    });
    // Nothing is wrong with a name that nobody has begun to type.
    let problem = Signal::derive(move || {
        let name = name.get();
        if name.is_empty() {
            return None;
        }
        rows.with(|rows| name_problem(&name, rows.iter().map(|row| row.name.as_str())))
    });
    let default = profiles
        .iter()
        .find(|profile| profile.is_default)
        .map(|profile| profile.slug.clone())
        .unwrap_or_default();
    view! {
        <ActionForm action=create attr:class="grid gap-4 sm:grid-cols-2">
            <TextInput
                name="name"
                label="Name"
                bind=name
                error=problem
                hint=SERVER_NAME_RULE
                pattern=SERVER_NAME_PATTERN
                length_max=SERVER_NAME_MAX
                required=true
                monospaced=true
            />
            <TextInput
                name="display_name"
                label="Title (optional)"
                hint="What the dashboard calls it. The name, when empty."
                length_max=types::account::DISPLAY_NAME_CHARS_MAX
            />
            <Select name="profile" label="Size" options=profile_options(&profiles) selected=default required=true />
            <div class="flex items-end">
                <Button
                    kind=ButtonKind::Submit
                    variant=ButtonVariant::Primary
                    icon=IconName::Plus
                    loading=create.pending()
                >
                    "Create and start"
                </Button>
            </div>
            <div class="sm:col-span-2">
                <Outcome result=outcome(create) success="Created; it is starting." />
            </div>
        </ActionForm>
    }
}

/// `Small: 2 GiB memory · 1 core · 10 GiB disk · no network`.
pub(crate) fn profile_options(profiles: &[ProfileSummary]) -> Vec<SelectOption> {
    profiles
        .iter()
        .map(|profile| {
            SelectOption::new(
                &profile.slug,
                format!("{}: {}", profile.display_name, limits_sentence(profile)),
            )
        })
        .collect()
}

fn limit_sentence(named_servers_max: u32) -> String {
    match named_servers_max {
        0 => "Only the default server is allowed here.".to_owned(),
        1 => {
            "You may have one named server beside your default one. All share your home directory."
                .to_owned()
        }
        count => {
            format!(
                "You may have {count} named servers beside your default one. All share your home directory."
            )
        }
    }
}
