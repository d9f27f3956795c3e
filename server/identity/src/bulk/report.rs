//! The report that an administrator downloads.

use types::bulk::{BulkReport, BulkVerdict};

/// The report as CSV. A field that a spreadsheet would take for a formula gets an apostrophe in
/// front (OWASP, "CSV Injection").
///
/// # Errors
/// Never for a report that was read from a list; the writer's own words otherwise.
pub fn report_csv(report: &BulkReport) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["line", "name", "verdict", "message"])?;
    for line in &report.lines {
        let number = line.line.to_string();
        let (name, message) = (neutral(&line.name), neutral(&line.message));
        writer.write_record([number.as_str(), &name, verdict_text(line.verdict), &message])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

const fn verdict_text(verdict: BulkVerdict) -> &'static str {
    match verdict {
        BulkVerdict::Create => "create",
        BulkVerdict::Update => "update",
        BulkVerdict::Unchanged => "unchanged",
        BulkVerdict::Blank => "blank",
        BulkVerdict::Reject => "reject",
    }
}

fn neutral(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::bulk::BulkLine;

    #[test]
    fn a_formula_is_text() {
        let line = |name: &str| BulkLine {
            line: 2,
            name: name.to_owned(),
            verdict: BulkVerdict::Reject,
            message: "a, \"b\"".to_owned(),
        };
        let names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "alice"];
        let report = BulkReport {
            lines: names.map(line).to_vec(),
            applied: false,
            new_groups: Vec::new(),
        };
        let text = report_csv(&report).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let kept: Vec<_> = reader
            .records()
            .map(|row| row.unwrap()[1].to_owned())
            .collect();
        for name in &kept[..5] {
            assert!(name.starts_with('\''), "{name:?}");
        }
        assert_eq!(kept[5], "alice");
        assert!(text.contains("\"a, \"\"b\"\"\""));
    }
}
