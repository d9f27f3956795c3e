//! Many users at once: paste or upload a list, see one verdict a line, apply all or nothing.

mod file;
mod lines;
mod report;

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::bulk::{BULK_BYTES_MAX, BULK_COLUMNS, BulkReport};

use file::{SaveReport, UploadList};
use lines::Lines;
use report::{has_personal_links, is_applicable, summary};

use super::tabs::AdminTabs;
use crate::actions::bulk::{BulkStart, BulkStep, BulkUsers, PlainReport, read_bulk_start};
use crate::pages::form::{PostedFailure, on_success, outcome, row_action};
use crate::pages::loading::loaded;
use crate::shell::RequireAdministrator;
use crate::ui::{
    Alert, Button, ButtonKind, ButtonVariant, Card, ControlSize, IconName, LinkButton, Outcome,
    PageHeader, TextArea, Tone,
};

/// The template, a file of this site.
const TEMPLATE_PATH: &str = "/users-template.csv";
const PLAIN_APPLY_BUTTON: &str = r#"<button class="button button-secondary" type="submit" name="step" value="apply">Apply without preview</button>"#;

/// `/admin/bulk`.
#[component]
pub fn BulkPage() -> impl IntoView {
    view! {
        <RequireAdministrator let:viewer>
            <div class="page">
                <PageHeader
                    title="Bulk users"
                    description="Make and change many users with one list. Nothing is written until every line is right."
                    actions=|| view! {
                        <LinkButton
                            href=TEMPLATE_PATH
                            target="_self"
                            size=ControlSize::Small
                            icon=IconName::Download
                            attr:download="users.csv"
                        >
                            "Template"
                        </LinkButton>
                    }
                />
                <AdminTabs viewer current="/admin/bulk" />
                <LoadedBulk />
            </div>
        </RequireAdministrator>
    }
}

#[component]
fn LoadedBulk() -> impl IntoView {
    let start = Resource::new_blocking(|| (), |()| read_bulk_start());
    view! {
        <div class="grid gap-4">
            <PostedFailure<BulkUsers> />
            {loaded(start, |start| view! { <Bulk start /> })}
        </div>
    }
}

#[component]
fn Bulk(start: BulkStart) -> impl IntoView {
    let BulkStart {
        profiles,
        report: posted,
    } = start;
    let csv = RwSignal::new(String::new());
    let report = RwSignal::new(None::<BulkReport>);
    // A report speaks of the text that it was made from and of no other.
    Effect::new(move |before: Option<String>| {
        let now = csv.get();
        if before.is_some_and(|before| before != now)
            && report.with_untracked(|report| report.as_ref().is_some_and(|report| !report.applied))
        {
            report.set(None);
        }
        now
    });
    view! {
        <ListForm csv report profiles />
        {posted.map(|posted| view! { <Posted posted /> })}
        <div aria-live="polite">
            {move || report.get().map(|report| view! { <Report report /> })}
        </div>
    }
}

#[component]
fn ListForm(
    csv: RwSignal<String>,
    report: RwSignal<Option<BulkReport>>,
    profiles: Vec<String>,
) -> impl IntoView {
    let send = row_action::<BulkUsers>();
    on_success(send, move |answer| report.set(Some(answer)));
    let is_ready =
        Memo::new(move |_| report.with(|report| report.as_ref().is_some_and(is_applicable)));
    let is_step = move |step| {
        send.input()
            .with(|input| input.as_ref().is_some_and(|input| input.step == step))
    };
    let previewing = Signal::derive(move || send.pending().get() && is_step(BulkStep::Preview));
    let applying = Signal::derive(move || send.pending().get() && is_step(BulkStep::Apply));
    view! {
        <Card title="List">
            <ActionForm action=send attr:class="grid gap-4">
                <UploadList csv />
                <TextArea
                    name="csv"
                    label="Users as CSV"
                    bind=csv
                    rows=12
                    monospaced=true
                    required=true
                    length_max=u32::try_from(BULK_BYTES_MAX).unwrap_or(u32::MAX)
                    placeholder=BULK_COLUMNS.join(",")
                    hint=columns_hint(&profiles)
                />
                <div class="flex flex-wrap items-center gap-3">
                    <Button
                        kind=ButtonKind::Submit
                        icon=IconName::Eye
                        name="step"
                        value="preview"
                        loading=previewing
                    >
                        "Preview"
                    </Button>
                    <Button
                        kind=ButtonKind::Submit
                        variant=ButtonVariant::Primary
                        icon=IconName::Check
                        name="step"
                        value="apply"
                        loading=applying
                        disabled=Signal::derive(move || !is_ready.get())
                    >
                        "Apply all"
                    </Button>
                    // Without JavaScript there is no preview to wait for on this very page; the
                    // server writes nothing unless every line is right.
                    <noscript inner_html=PLAIN_APPLY_BUTTON></noscript>
                    <Outcome result=outcome(send) />
                </div>
            </ActionForm>
        </Card>
    }
}

/// The list was sent without JavaScript: its report came with this page.
#[component]
fn Posted(posted: PlainReport) -> impl IntoView {
    let omitted = (posted.omitted > 0)
        .then(|| format!("{} further lines are not shown here.", posted.omitted));
    view! {
        <Report report=posted.report />
        {omitted.map(|text| view! { <p class="text-sm text-muted">{text}</p> })}
    }
}

#[component]
pub(crate) fn Report(report: BulkReport) -> impl IntoView {
    let tone = match (report.applied, is_applicable(&report)) {
        (true, _) => Tone::Positive,
        (false, true) => Tone::Info,
        (false, false) => Tone::Warning,
    };
    view! {
        <div class="grid gap-4">
            <Alert tone title=summary(&report) />
            {has_personal_links(&report).then(|| view! {
                <Alert tone=Tone::Warning title="Download the report now">
                    <p>
                        "It holds the personal links of those without a wallet. They are not shown again; "
                        "a user's own page makes new ones."
                    </p>
                </Alert>
            })}
            <Card title="Line by line" actions={let report = report.clone(); move || view! { <SaveReport report /> }} flush=true>
                <Lines report />
            </Card>
        </div>
    }
}

fn columns_hint(profiles: &[String]) -> String {
    format!(
        "Columns: {}. Groups are separated by semicolons; manager:GROUP makes a manager. Profiles: {}. Dates: 2027-12-31.",
        BULK_COLUMNS.join(", "),
        profiles.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use types::bulk::BULK_COLUMNS;

    #[test]
    fn the_template_has_the_columns_and_an_example() {
        let template = include_str!("../../../../public/users-template.csv");
        let mut reader = csv::Reader::from_reader(template.as_bytes());
        assert_eq!(
            reader.headers().unwrap().iter().collect::<Vec<_>>(),
            BULK_COLUMNS
        );
        let example = reader.records().next().unwrap().unwrap();
        assert_eq!(example.len(), BULK_COLUMNS.len());
        assert!(
            example[1].parse::<types::WalletAddress>().is_ok(),
            "{}",
            &example[1]
        );
    }
}
