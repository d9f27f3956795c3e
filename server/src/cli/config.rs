//! `ledgercloud config`: what is in force, and where each value comes from.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::Outcome;
use crate::config::{Flags, check, live, load, sources};

/// Of a secret, in place of its content.
const HIDDEN: &str = "•••";

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
        value => lines.push((prefix.to_owned(), shown(prefix, value))),
    }
}

/// The value as it is printed: of secrets what helps to find a mistake, and no more.
fn shown(key: &str, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let text = if key.ends_with("client_secret") {
        without_secret(text)
    } else if key.ends_with("database_url") {
        without_password(text)
    } else if key.starts_with("rpc.") {
        origin_only(text)
    } else {
        return value.to_string();
    };
    Value::String(text).to_string()
}

/// The name of the file with the secret; a secret itself is hidden.
fn without_secret(text: &str) -> String {
    if text.starts_with("file:") || text.is_empty() {
        text.to_owned()
    } else {
        HIDDEN.to_owned()
    }
}

/// Everything of a URL but its password.
fn without_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some(HIDDEN));
            url.to_string()
        }
        Ok(_) => text.to_owned(),
        Err(_) if text.is_empty() => String::new(),
        Err(_) => HIDDEN.to_owned(),
    }
}

/// Where a node is, without path and query: there providers put the key to it.
fn origin_only(text: &str) -> String {
    match url::Url::parse(text).map(|url| url.origin()) {
        Ok(origin) if origin.is_tuple() => origin.ascii_serialization(),
        _ => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (key, value, expected) in [
            ("oauth.0.client_secret", "hunter2hunter2", "\"•••\""),
            ("oauth.0.client_secret", "https://hunter2", "\"•••\""),
            ("oauth.0.client_secret", "file:/x", "\"file:/x\""),
            (
                "database_url",
                "postgres://me:secret@host/db",
                "\"postgres://me:%E2%80%A2%E2%80%A2%E2%80%A2@host/db\"",
            ),
            ("database_url", "sqlite:///x.db", "\"sqlite:///x.db\""),
            ("database_url", "", "\"\""),
            (
                "rpc.1",
                "https://me:secret@mainnet.example:8545/v3/k3y?key=k3y",
                "\"https://mainnet.example:8545\"",
            ),
            ("rpc.1", "k3y", "\"•••\""),
            ("log", "auto", "\"auto\""),
        ] {
            let text = shown(key, &Value::String(value.to_owned()));
            assert_eq!(text, expected, "{key} {value}");
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
