//! `ledgercloud config`: what is in force, and where each value comes from.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::Outcome;
use crate::config::{Flags, check, live, load, sources};

/// Keys whose values are not shown.
const SECRET_KEYS: [&str; 2] = ["client_secret", "database_url"];

/// Prints one line per value: `key = value   # source`.
pub fn run(flags: &Flags) -> Outcome {
    let settings = load(flags)?;
    let figment = sources(flags);
    let tree = serde_json::to_value(&settings).map_err(|error| vec![error.to_string()])?;
    let mut lines = Vec::new();
    flatten("", &tree, &mut lines);
    let overlay = live::read(&live::folders(&settings, flags.config.as_deref()));
    let mut out = std::io::stdout().lock();
    for (key, value) in lines {
        let source = figment
            .find_metadata(&key)
            .map_or_else(|| "derived".to_owned(), describe);
        let _ = writeln!(out, "{key} = {value}   # {source}");
    }
    for (key, file) in &overlay.origins {
        let _ = writeln!(
            out,
            "{key}   # from {}, in force while the program runs",
            file.display()
        );
    }
    for remark in &overlay.remarks {
        let _ = writeln!(out, "# {remark}");
    }
    let mut problems = check::problems(&settings);
    if let Err(found) = overlay.apply(&settings.notebooks) {
        problems.extend(found);
    }
    if problems.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(problems)
    }
}

fn describe(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        Some(figment::Source::Code(_)) if metadata.name.contains("Settings") => {
            "default".to_owned()
        }
        Some(figment::Source::Code(_)) => "flag or start script".to_owned(),
        _ => metadata.name.to_string(),
    }
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&path, value, lines);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{prefix}.{index}"), item, lines);
            }
        }
        value => {
            let is_secret = SECRET_KEYS.iter().any(|key| prefix.ends_with(key));
            lines.push((
                prefix.to_owned(),
                if is_secret {
                    hide(value)
                } else {
                    value.to_string()
                },
            ));
        }
    }
}

/// The kind of a secret without its content; of a URL everything but the password.
fn hide(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("•••"));
            format!("\"{url}\"")
        }
        Ok(_) => value.to_string(),
        Err(_) if text.starts_with("file:") || text.is_empty() => value.to_string(),
        Err(_) => "\"•••\"".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (value, shown) in [
            ("hunter2hunter2", "\"•••\""),
            (
                "postgres://me:secret@host/db",
                "\"postgres://me:%E2%80%A2%E2%80%A2%E2%80%A2@host/db\"",
            ),
            ("sqlite:///x.db", "\"sqlite:///x.db\""),
        ] {
            let hidden = hide(&Value::String(value.to_owned()));
            assert_eq!(hidden, shown);
        }
    }

    #[test]
    fn every_value_has_a_line() {
        let mut lines = Vec::new();
        flatten(
            "",
            &serde_json::json!({"a": {"b": 1}, "c": [{"d": true}], "e": []}),
            &mut lines,
        );
        let keys: Vec<_> = lines.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a.b", "c.0.d", "e"]);
    }
}
