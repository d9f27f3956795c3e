//! The report of a bulk list: what is shown of it, and the file that is downloaded.

use types::bulk::{BulkLine, BulkReport, BulkVerdict};

/// Lines shown at once: ten thousand rows would make the page unusable.
pub(crate) const LINES_SHOWN_MAX: usize = 200;

/// Which lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LineFilter {
    #[default]
    All,
    Only(BulkVerdict),
}

impl LineFilter {
    pub(crate) const ALL: [Self; 6] = [
        Self::All,
        Self::Only(BulkVerdict::Reject),
        Self::Only(BulkVerdict::Create),
        Self::Only(BulkVerdict::Update),
        Self::Only(BulkVerdict::Unchanged),
        Self::Only(BulkVerdict::Blank),
    ];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::All => "All lines",
            Self::Only(verdict) => verdict_label(verdict),
        }
    }

    fn takes(self, line: &BulkLine) -> bool {
        match self {
            Self::All => true,
            Self::Only(verdict) => line.verdict == verdict,
        }
    }
}

/// A verdict for people.
pub(crate) const fn verdict_label(verdict: BulkVerdict) -> &'static str {
    match verdict {
        BulkVerdict::Create => "New",
        BulkVerdict::Update => "Changed",
        BulkVerdict::Unchanged => "Unchanged",
        BulkVerdict::Blank => "Blank",
        BulkVerdict::Reject => "Problem",
    }
}

/// How many lines the filter takes.
pub(crate) fn count(report: &BulkReport, filter: LineFilter) -> usize {
    report
        .lines
        .iter()
        .filter(|line| filter.takes(line))
        .count()
}

/// The lines of one page (the first is 0).
pub(crate) fn shown_lines(report: &BulkReport, filter: LineFilter, page: usize) -> Vec<BulkLine> {
    report
        .lines
        .iter()
        .filter(|line| filter.takes(line))
        .skip(page.saturating_mul(LINES_SHOWN_MAX))
        .take(LINES_SHOWN_MAX)
        .cloned()
        .collect()
}

/// Pages that the filter's lines fill; at least 1.
pub(crate) fn page_count(lines: usize) -> usize {
    lines.div_ceil(LINES_SHOWN_MAX).max(1)
}

/// Whether the list may be applied: something is to be done, and nothing stands against it.
pub(crate) fn is_applicable(report: &BulkReport) -> bool {
    !report.applied
        && report.count(BulkVerdict::Reject) == 0
        && report.count(BulkVerdict::Create) + report.count(BulkVerdict::Update) > 0
}

/// Whether the report holds links that let people in: such a report is to be kept.
pub(crate) fn has_personal_links(report: &BulkReport) -> bool {
    report.applied
        && report
            .lines
            .iter()
            .any(|line| line.message.contains("/join/"))
}

/// The outcome in a sentence.
pub(crate) fn summary(report: &BulkReport) -> String {
    let (create, update) = (
        report.count(BulkVerdict::Create),
        report.count(BulkVerdict::Update),
    );
    let (unchanged, reject) = (
        report.count(BulkVerdict::Unchanged),
        report.count(BulkVerdict::Reject),
    );
    let groups = match report.new_groups.as_slice() {
        [] => String::new(),
        names => format!(" New groups: {}.", names.join(", ")),
    };
    if report.applied {
        return format!("Applied: {create} made, {update} changed, {unchanged} unchanged.{groups}");
    }
    match (reject, create + update) {
        (0, 0) => "Nothing to do: everyone in the list is there already.".to_owned(),
        (0, _) => format!(
            "Ready to apply: {create} new, {update} to change, {unchanged} unchanged.{groups}"
        ),
        (1, _) => {
            "1 line has a problem. Nothing is applied until it is mended or left out.".to_owned()
        }
        (problems, _) => {
            format!(
                "{problems} lines have a problem. Nothing is applied until they are mended or left out."
            )
        }
    }
}

/// The whole report as a file (RFC 4180).
pub(crate) fn report_csv(report: &BulkReport) -> String {
    let mut file = String::from("line,name,verdict,message\r\n");
    for line in &report.lines {
        let cells = [
            line.line.to_string(),
            cell(&line.name),
            verdict_label(line.verdict).to_owned(),
            cell(&line.message),
        ];
        file.push_str(&cells.join(","));
        file.push_str("\r\n");
    }
    file
}

/// A quoted cell that no spreadsheet takes for a formula (OWASP, CSV injection): such a text gets
/// an apostrophe in front.
fn cell(text: &str) -> String {
    let begins_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if begins_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(line: u32, verdict: BulkVerdict) -> BulkLine {
        BulkLine {
            line,
            name: format!("user{line}"),
            verdict,
            message: String::new(),
        }
    }

    fn report(verdicts: &[BulkVerdict]) -> BulkReport {
        let lines = (2..)
            .zip(verdicts)
            .map(|(number, verdict)| line(number, *verdict))
            .collect();
        BulkReport {
            lines,
            applied: false,
            new_groups: vec![],
        }
    }

    #[test]
    fn ten_thousand_lines_are_shown_two_hundred_at_a_time() {
        let large = report(&[BulkVerdict::Create; 10_000]);
        assert_eq!(page_count(count(&large, LineFilter::All)), 50);
        let last = shown_lines(&large, LineFilter::All, 49);
        assert_eq!((last.len(), last[199].line), (200, 10_001));
        assert!(shown_lines(&large, LineFilter::All, 50).is_empty());
        assert!(shown_lines(&large, LineFilter::Only(BulkVerdict::Reject), 0).is_empty());
        assert_eq!(page_count(0), 1);
    }

    #[test]
    fn one_problem_holds_everything_back() {
        use BulkVerdict::{Blank, Create, Reject, Unchanged, Update};
        for (verdicts, applicable, text) in [
            (
                vec![Create, Update, Blank],
                true,
                "Ready to apply: 1 new, 1 to change, 0 unchanged.",
            ),
            (vec![Create, Reject], false, "1 line has a problem."),
            (vec![Reject, Reject], false, "2 lines have a problem."),
            (vec![Unchanged, Blank], false, "Nothing to do"),
            (vec![], false, "Nothing to do"),
        ] {
            let report = report(&verdicts);
            assert_eq!(is_applicable(&report), applicable, "{verdicts:?}");
            assert!(summary(&report).starts_with(text), "{}", summary(&report));
        }
        let applied = BulkReport {
            applied: true,
            new_groups: vec!["desk".into()],
            ..report(&[Create])
        };
        assert!(!is_applicable(&applied));
        assert_eq!(
            summary(&applied),
            "Applied: 1 made, 0 changed, 0 unchanged. New groups: desk."
        );
    }

    #[test]
    fn links_are_only_in_applied_reports() {
        let mut report = report(&[BulkVerdict::Create]);
        report.lines[0].message = "personal link: http://localhost:3000/join/x".into();
        assert!(!has_personal_links(&report));
        report.applied = true;
        assert!(has_personal_links(&report));
    }

    #[test]
    fn formulas_are_made_harmless() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@cmd",
            "\tx",
            "=HYPERLINK(\"https://evil.example\")",
        ] {
            assert!(cell(text).starts_with("\"'"), "{text:?}");
        }
        assert_eq!(cell("plain \"quoted\""), "\"plain \"\"quoted\"\"\"");
    }

    proptest! {
        #[test]
        fn the_file_is_csv_that_reads_back(name in "\\PC{0,30}", message in "(?s).{0,40}") {
            let mut one = report(&[BulkVerdict::Reject]);
            one.lines[0].name = name.clone();
            one.lines[0].message = message.clone();
            let file = report_csv(&one);
            let mut reader = csv::Reader::from_reader(file.as_bytes());
            let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(records.len(), 1);
            prop_assert_eq!(records[0][1].strip_prefix('\'').unwrap_or(&records[0][1]), name.strip_prefix('\'').unwrap_or(&name));
            prop_assert_eq!(records[0][3].strip_prefix('\'').unwrap_or(&records[0][3]), message.strip_prefix('\'').unwrap_or(&message));
            for index in [1, 3] {
                prop_assert!(!records[0][index].starts_with(['=', '+', '-', '@']));
            }
        }
    }
}
