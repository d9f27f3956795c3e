use leptos::prelude::*;

use crate::ui::{
    Card, Checkbox, FileInput, InputKind, SearchField, Select, SelectOption, Switch, TextArea,
    TextInput,
};

#[component]
pub(super) fn Fields() -> impl IntoView {
    view! {
        <Card title="Fields">
            <div class="grid gap-5 sm:grid-cols-2 lg:grid-cols-3">
                <TextInput name="specimen-name" label="Server name" hint="1–30 of a–z, 0–9 and -" required=true />
                <TextInput name="specimen-taken" label="Server name" value="research"
                    error="You have a server of this name." />
                <TextInput name="specimen-off" label="Owner" value="ada" disabled=true />
                <TextInput name="specimen-address" label="Wallet" monospaced=true placeholder="0x…" />
                <TextInput name="specimen-secret" label="Passphrase" kind=InputKind::Password
                    autocomplete="new-password" />
                <Choices />
                <TextArea name="specimen-csv" label="Users" monospaced=true rows=3
                    value="name,wallet,email\nada,0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed," />
                <FileInput name="specimen-file" label="From a file" accept=".csv" hint="At most 5 MiB" />
                <Toggles />
                <SearchField name="specimen-search" label="Search users" />
            </div>
        </Card>
    }
}

#[component]
fn Choices() -> impl IntoView {
    let sizes = || {
        vec![
            SelectOption::new("small", "Small · 1 core · 2 GiB"),
            SelectOption::new("large", "Large · 2 cores · 8 GiB"),
        ]
    };
    view! {
        <Select name="specimen-size" label="Size" options=sizes() selected="large" />
        <Select name="specimen-size-wrong" label="Size" options=sizes() error="This size is not for you." />
    }
}

#[component]
fn Toggles() -> impl IntoView {
    view! {
        <div class="grid content-start gap-3">
            <Checkbox name="specimen-check" label="Start at sign-in" checked=true />
            <Checkbox name="specimen-check-off" label="Safe mode" hint="Without extensions and saved tabs" />
            <Checkbox name="specimen-check-wrong" label="I have exported the key" error="Export it first." />
            <Switch name="specimen-switch" label="Follow the log" checked=true />
            <Switch name="specimen-switch-off" label="Show stopped servers" />
            <Switch name="specimen-switch-disabled" label="Not for you" disabled=true />
        </div>
    }
}
