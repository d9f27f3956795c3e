//! A request that can be typed as it stands, and what comes back.

use serde_json::Value;

use super::{Operation, resolve, text};

/// The request as a command: `curl`, or `websocat` for a WebSocket.
pub(super) fn request_example(document: &Value, operation: &Operation<'_>) -> String {
    let url = url_example(document, operation);
    let responses = &operation.value["responses"];
    if responses.get("200").is_none() && responses.get("101").is_some() {
        // http://… becomes ws://…, and https://… wss://….
        return format!("websocat {}", quoted(&url.replacen("http", "ws", 1)));
    }
    let mut command = "curl".to_owned();
    let content = &responses["200"]["content"];
    if content.get("text/event-stream").is_some() {
        command.push_str(" -N");
    }
    if content.get("application/octet-stream").is_some() {
        command.push_str(" -o answer");
    }
    if needs_sign_in(operation.value) {
        command.push_str(" -b 'ledgercloud-session=…'");
    }
    command.push_str(&format!(" {}", quoted(&url)));
    let body = operation
        .value
        .pointer("/requestBody/content/application~1json/example");
    if let Some(body) = body {
        let body = quoted(&body.to_string());
        command.push_str(&format!(
            " \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"
        ));
    }
    command
}

/// What is shown of the answers: the one that is hoped for.
pub(super) fn answer_example<'a>(
    document: &'a Value,
    operation: &'a Value,
) -> Option<(String, &'a Value)> {
    let responses = operation["responses"].as_object()?;
    let hoped_for = ["200", "101"]
        .into_iter()
        .find_map(|status| responses.get_key_value(status));
    let (status, response) = hoped_for.or_else(|| responses.iter().next())?;
    let contents = resolve(document, response)["content"].as_object()?;
    let example = contents
        .values()
        .find_map(|content| content.get("example"))?;
    Some((status.clone(), example))
}

/// A value as people read it.
pub(super) fn json_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim_end().to_owned(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn url_example(document: &Value, operation: &Operation<'_>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    for parameter in operation.value["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let parameter = resolve(document, parameter);
        let Some(example) = parameter.get("example") else {
            continue;
        };
        let (name, value) = (text(&parameter["name"]), plain(example));
        match text(&parameter["in"]) {
            "path" => path = path.replace(&format!("{{{name}}}"), &value),
            "query" => query.push(format!("{name}={value}")),
            _ => {}
        }
    }
    let base = text(&document["servers"][0]["url"]);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}{path}{mark}{}", query.join("&"))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether it is answered to nobody without a sign-in.
fn needs_sign_in(operation: &Value) -> bool {
    operation["security"]
        .as_array()
        .is_some_and(|ways| !ways.is_empty() && ways.iter().all(|way| way.get("session").is_some()))
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
