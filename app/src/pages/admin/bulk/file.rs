//! Lists from and reports to the reader's machine.

use leptos::prelude::*;
use types::bulk::{BULK_BYTES_MAX, BulkReport};
use types::quantity::readable_bytes;

use crate::ui::{Button, ControlSize, FileInput, IconName};

/// Takes a file's text into the form. Without JavaScript the list is pasted.
#[component]
pub(super) fn UploadList(csv: RwSignal<String>) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    view! {
        <div class="needs-script">
            <FileInput
                name="file"
                label="From a file"
                accept=".csv,text/csv,text/plain"
                hint="Or paste the list below."
                error=problem
                on:change=move |event| take_file(&event, csv, problem)
            />
        </div>
    }
}

/// What is wrong with a file of this size.
fn size_problem(bytes: f64) -> Option<String> {
    let limit = BULK_BYTES_MAX as f64;
    (bytes > limit).then(|| {
        format!(
            "The file is larger than {}. Split it into several lists.",
            readable_bytes(BULK_BYTES_MAX as u64)
        )
    })
}

#[cfg(feature = "hydrate")]
fn take_file(event: &leptos::ev::Event, csv: RwSignal<String>, problem: RwSignal<Option<String>>) {
    let input = event_target::<web_sys::HtmlInputElement>(event);
    let Some(file) = input.files().and_then(|files| files.get(0)) else {
        return;
    };
    problem.set(size_problem(file.size()));
    if problem.with_untracked(Option::is_some) {
        return;
    }
    leptos::task::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(file.text()).await {
            Ok(text) => {
                csv.try_set(text.as_string().unwrap_or_default());
            }
            Err(_) => {
                problem.try_set(Some("The browser could not read the file.".to_owned()));
            }
        }
        // The same file can be chosen again after it was mended.
        input.set_value("");
    });
}

#[cfg(not(feature = "hydrate"))]
fn take_file(_: &leptos::ev::Event, _: RwSignal<String>, _: RwSignal<Option<String>>) {
    let _ = size_problem;
}

/// Saves the report as a file.
#[component]
pub(super) fn SaveReport(report: BulkReport) -> impl IntoView {
    let report = StoredValue::new(report);
    view! {
        <div class="needs-script">
            <Button
                size=ControlSize::Small
                icon=IconName::Download
                on:click=move |_| report.with_value(save)
            >
                "Download report"
            </Button>
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn save(report: &BulkReport) {
    use wasm_bindgen::{JsCast, JsValue};

    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/csv;charset=utf-8");
    let parts = js_sys::Array::of1(&JsValue::from_str(&super::report::report_csv(report)));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else {
        return;
    };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else {
        return;
    };
    if let Ok(link) = document().create_element("a")
        && let Ok(link) = link.dyn_into::<web_sys::HtmlAnchorElement>()
    {
        link.set_href(&url);
        link.set_download("users-report.csv");
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

#[cfg(not(feature = "hydrate"))]
fn save(report: &BulkReport) {
    let _ = super::report::report_csv(report);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_refused_before_they_are_read() {
        assert_eq!(size_problem(10.0), None);
        assert!(size_problem(1e9).is_some_and(|text| text.contains("4 MiB")));
    }
}
