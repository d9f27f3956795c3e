//! Many users at once: a list is looked through first, then applied as a whole or not at all.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use types::bulk::BulkReport;

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::overseer;

/// Lines that a report keeps when its form was posted without JavaScript: those that matter most.
pub const PLAIN_REPORT_LINES_MAX: usize = 100;

/// What to do with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkStep {
    /// Says what would happen to each line; writes nothing.
    Preview,
    /// Writes all of it in one transaction, or nothing.
    Apply,
}

/// What the bulk page shows before anything is done on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkStart {
    /// Slugs that the column `profile` may have.
    pub profiles: Vec<String>,
    /// Of a form that was posted without JavaScript.
    pub report: Option<PlainReport>,
}

/// A report that waits for its page: counts of all lines, and the first of those that matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainReport {
    pub report: BulkReport,
    /// Lines that were left out.
    pub omitted: usize,
}

#[server(prefix = "/api", endpoint = "admin/bulk_start")]
pub async fn read_bulk_start() -> ActionResult<BulkStart> {
    let request = overseer()?;
    Ok(BulkStart {
        profiles: profile_slugs(&request.services),
        report: super::hand_over::take(&request, HAND_OVER_KEY),
    })
}

/// Looks through a list, or applies it. `csv` has the columns of [`types::bulk::BULK_COLUMNS`].
#[server(prefix = "/api", endpoint = "admin/bulk")]
pub async fn bulk_users(csv: String, step: BulkStep) -> ActionResult<BulkReport> {
    let request = overseer()?;
    let identity = &request.services.identity;
    let profiles = profile_slugs(&request.services);
    let report = match step {
        BulkStep::Preview => {
            identity
                .preview_bulk(&request.context, &csv, &profiles)
                .await
        }
        BulkStep::Apply => identity.apply_bulk(&request.context, &csv, &profiles).await,
    }?;
    super::hand_over::keep_for_plain_form(&request, HAND_OVER_KEY, &plain_report(&report));
    Ok(report)
}

#[cfg(feature = "ssr")]
const HAND_OVER_KEY: &str = "page.bulk_report";

#[cfg(feature = "ssr")]
fn profile_slugs(services: &crate::context::Services) -> Vec<String> {
    services
        .spawner
        .profiles()
        .into_iter()
        .map(|profile| profile.slug)
        .collect()
}

/// Rejected lines first, then those with a link, which is told this once, then the others in
/// their order, as many as are kept.
#[cfg(any(feature = "ssr", test))]
fn plain_report(report: &BulkReport) -> PlainReport {
    use types::bulk::BulkVerdict;

    let mut lines = report.lines.clone();
    lines.sort_by_key(|line| {
        let has_link = line.message.contains("/join/");
        (line.verdict != BulkVerdict::Reject, !has_link, line.line)
    });
    let omitted = lines.len().saturating_sub(PLAIN_REPORT_LINES_MAX);
    lines.truncate(PLAIN_REPORT_LINES_MAX);
    PlainReport {
        report: BulkReport {
            lines,
            ..report.clone()
        },
        omitted,
    }
}

#[cfg(test)]
mod tests {
    use types::bulk::{BulkLine, BulkVerdict};

    use super::*;

    #[test]
    fn rejected_lines_and_links_come_first_and_the_rest_is_counted() {
        let lines: Vec<BulkLine> = (1..=150_u32)
            .map(|line| BulkLine {
                line,
                name: format!("user{line}"),
                verdict: if line == 150 {
                    BulkVerdict::Reject
                } else {
                    BulkVerdict::Create
                },
                message: if line == 149 {
                    "personal link: http://localhost:3000/join/k3y".to_owned()
                } else {
                    String::new()
                },
            })
            .collect();
        let plain = plain_report(&BulkReport {
            lines,
            applied: false,
            new_groups: vec![],
        });
        assert_eq!(plain.omitted, 50);
        assert_eq!(plain.report.lines.len(), PLAIN_REPORT_LINES_MAX);
        assert_eq!(plain.report.lines[0].line, 150);
        assert_eq!(plain.report.lines[1].line, 149);
        assert_eq!(plain.report.lines[2].line, 1);
    }
}
