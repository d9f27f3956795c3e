//! Reads a list: comma- or tab-separated, with or without a header, columns in any order.

use types::bulk::{BULK_BYTES_MAX, BULK_COLUMNS, BULK_LINES_MAX};
use types::{ApiError, ErrorCode};

use crate::capped::capped;

/// One line of a list, numbered as people count: from 1, the header included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListLine {
    Blank {
        line: u32,
    },
    /// Cannot be read at all.
    Malformed {
        line: u32,
        message: String,
    },
    Entry {
        line: u32,
        fields: Fields,
    },
}

/// The columns as they were written, without spaces around them; empty where nothing was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    pub name: String,
    pub wallet: String,
    pub email: String,
    pub role: String,
    pub groups: String,
    pub profile: String,
    pub expires: String,
}

impl Fields {
    fn set(&mut self, column: &str, value: &str) {
        let field = match column {
            "name" => &mut self.name,
            "wallet" => &mut self.wallet,
            "email" => &mut self.email,
            "role" => &mut self.role,
            "groups" => &mut self.groups,
            "profile" => &mut self.profile,
            _ => &mut self.expires,
        };
        value.clone_into(field);
    }
}

/// Reads a list into lines.
///
/// # Errors
/// `bad_request` when the list as a whole cannot be read: too long, or a header that names a
/// column twice or one that does not exist.
pub fn parse(text: &str) -> Result<Vec<ListLine>, ApiError> {
    if text.len() > BULK_BYTES_MAX {
        return Err(refused(format!(
            "the list is longer than {} MiB",
            BULK_BYTES_MAX >> 20
        )));
    }
    let text = text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let delimiter = delimiter_of(&text);
    let records = split_records(&text, delimiter);
    if records.len() > BULK_LINES_MAX + 1 {
        return Err(refused(format!(
            "the list has more than {BULK_LINES_MAX} lines; divide it"
        )));
    }
    let mut columns: Vec<&str> = BULK_COLUMNS.to_vec();
    let mut lines = Vec::with_capacity(records.len());
    let mut is_first = true;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = reader.records();
    for record in &records {
        if record.is_empty {
            lines.push(ListLine::Blank { line: record.line });
            continue;
        }
        let row = match rows.next() {
            Some(Ok(row)) => row,
            Some(Err(error)) => {
                lines.push(ListLine::Malformed {
                    line: record.line,
                    message: capped(&error.to_string()),
                });
                continue;
            }
            None => {
                return Err(refused(format!(
                    "line {}: a quotation mark is not closed",
                    record.line
                )));
            }
        };
        if std::mem::take(&mut is_first)
            && let Some(header) = header_of(&row)?
        {
            columns = header;
            continue;
        }
        lines.push(entry_of(record.line, &row, &columns));
    }
    Ok(lines)
}

fn entry_of(line: u32, row: &csv::StringRecord, columns: &[&str]) -> ListLine {
    if row.iter().all(str::is_empty) {
        return ListLine::Blank { line };
    }
    // Spreadsheets write empty cells after the last column; more text than columns is a mistake.
    if row
        .iter()
        .skip(columns.len())
        .any(|value| !value.is_empty())
    {
        let message = format!(
            "{} columns where at most {} are expected; put a value that has a comma in quotation marks",
            row.len(),
            columns.len()
        );
        return ListLine::Malformed { line, message };
    }
    let mut fields = Fields::default();
    for (column, value) in columns.iter().zip(row) {
        fields.set(column, value);
    }
    ListLine::Entry { line, fields }
}

/// The columns that the first line names; none when it is a line of values already.
fn header_of(row: &csv::StringRecord) -> Result<Option<Vec<&'static str>>, ApiError> {
    let known = |value: &str| {
        let lower = value.to_lowercase();
        BULK_COLUMNS.iter().copied().find(|column| *column == lower)
    };
    let names_key = row
        .iter()
        .any(|value| matches!(known(value), Some("name" | "wallet")));
    if !names_key {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for value in row.iter() {
        if value.is_empty() {
            continue;
        }
        let Some(column) = known(value) else {
            return Err(refused(format!(
                "line 1: there is no column {:?}; the columns are {}",
                capped(value),
                BULK_COLUMNS.join(", ")
            )));
        };
        if columns.contains(&column) {
            return Err(refused(format!(
                "line 1: the column {column} is there twice"
            )));
        }
        columns.push(column);
    }
    Ok(Some(columns))
}

/// A list pasted from a spreadsheet has tabs.
fn delimiter_of(text: &str) -> u8 {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if first.contains('\t') && !first.contains(',') {
        b'\t'
    } else {
        b','
    }
}

struct RawRecord {
    line: u32,
    is_empty: bool,
}

/// Where each record starts. The CSV reader skips empty lines without a word, but people count
/// them; a record may also span lines inside quotation marks (RFC 4180 §2).
fn split_records(text: &str, delimiter: u8) -> Vec<RawRecord> {
    let mut records = Vec::new();
    let mut line: u32 = 1;
    let mut start_line = line;
    let mut length = 0_usize;
    let mut state = Quoting::FieldStart;
    for byte in text.bytes() {
        if byte == b'\n' && state != Quoting::Inside {
            records.push(RawRecord {
                line: start_line,
                is_empty: length == 0,
            });
            line += 1;
            start_line = line;
            length = 0;
            state = Quoting::FieldStart;
            continue;
        }
        line += u32::from(byte == b'\n');
        length += 1;
        state = state.after(byte, delimiter);
    }
    if length > 0 {
        records.push(RawRecord {
            line: start_line,
            is_empty: false,
        });
    }
    records
}

/// Where in a field the reader is; a quotation mark counts only at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    FieldStart,
    Plain,
    Inside,
    /// After a mark that closes the field, or is the first of a doubled one.
    Closing,
}

impl Quoting {
    const fn after(self, byte: u8, delimiter: u8) -> Self {
        match (self, byte) {
            (Self::Inside, b'"') => Self::Closing,
            (Self::Inside, _) => Self::Inside,
            (Self::FieldStart | Self::Closing, b'"') => Self::Inside,
            (_, byte) if byte == delimiter => Self::FieldStart,
            (_, _) => Self::Plain,
        }
    }
}

fn refused(message: String) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message).with_field("csv")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<(u32, String)> {
        parse(text)
            .unwrap()
            .into_iter()
            .map(|line| match line {
                ListLine::Blank { line } => (line, "<blank>".to_owned()),
                ListLine::Malformed { line, .. } => (line, "<malformed>".to_owned()),
                ListLine::Entry { line, fields } => (line, fields.name),
            })
            .collect()
    }

    fn check(text: &str, expected: &[(u32, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, name)| (*line, (*name).to_owned()))
            .collect();
        assert_eq!(names(text), expected, "{text:?}");
    }

    #[test]
    fn lines_are_numbered_as_people_count() {
        check("alice\nbob", &[(1, "alice"), (2, "bob")]);
        check(
            "name\nalice\n\nbob\n",
            &[(2, "alice"), (3, "<blank>"), (4, "bob")],
        );
        check(
            "\n\nname\n\nalice",
            &[(1, "<blank>"), (2, "<blank>"), (4, "<blank>"), (5, "alice")],
        );
        check(
            "\u{feff}name,wallet\r\nalice,\r\nbob\r\n",
            &[(2, "alice"), (3, "bob")],
        );
        check("name\ralice\rbob", &[(2, "alice"), (3, "bob")]);
        check(
            "alice,,,,\n,,,\n   \nbob",
            &[(1, "alice"), (2, "<blank>"), (3, "<blank>"), (4, "bob")],
        );
        check(
            "name,email\n\"al\nice\",x\nbob",
            &[(2, "al\nice"), (4, "bob")],
        );
        check("a,b,c,d,e,f,g,h\nbob", &[(1, "<malformed>"), (2, "bob")]);
        check("a,b,c,d,e,f,g,,\nbob", &[(1, "a"), (2, "bob")]);
        check("", &[]);
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        for text in [
            "wallet,name\n0x1,alice",
            "WALLET , Name\n0x1,alice",
            "wallet\tname\n0x1\talice",
        ] {
            let fields = Fields {
                name: "alice".to_owned(),
                wallet: "0x1".to_owned(),
                ..Fields::default()
            };
            assert_eq!(
                parse(text).unwrap(),
                [ListLine::Entry { line: 2, fields }],
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_wrong_header_is_named() {
        for (text, part) in [("name,walet\n", "walet"), ("name,name\n", "twice")] {
            assert!(parse(text).unwrap_err().message.contains(part));
        }
        assert!(parse(&"x".repeat(BULK_BYTES_MAX + 1)).is_err());
        assert!(parse(&"x\n".repeat(BULK_LINES_MAX + 2)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a\",\n\r\t ]{0,60}") {
            let _ = parse(&text);
        }

        /// What was written by the rules of CSV is read back, on the right lines.
        #[test]
        fn written_lists_read_back(values in proptest::collection::vec("[a-c\", \n]{0,6}x", 1..8)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            writer.write_record(["name"]).unwrap();
            for value in &values {
                writer.write_record([value.as_str()]).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let mut line = 2_u32;
            let mut expected = Vec::new();
            for value in &values {
                expected.push((line, value.trim().to_owned()));
                line += 1 + u32::try_from(value.matches('\n').count()).unwrap();
            }
            prop_assert_eq!(names(&text), expected);
        }
    }
}
