//! What values are made of: a type in a few words, and the fields of each schema.

use leptos::prelude::*;
use serde_json::Value;

use super::prose::inline;
use super::text;
use crate::ui::{Cell, Column, Table};

/// A type in a few words, with links to the schemas.
pub(super) fn type_of(schema: &Value) -> AnyView {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        let href = format!("#schema-{name}");
        return view! { <a class="link" href=href>{name}</a> }.into_any();
    }
    if let Some(ways) = alternatives(schema) {
        return joined(ways.iter().map(type_of));
    }
    if let Some(value) = schema.get("const") {
        return code(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        return joined(values.iter().map(code));
    }
    if schema["type"] == "array" {
        let items = type_of(&schema["items"]);
        return view! { <span>"list of "{items}</span> }.into_any();
    }
    words(schema).into_any()
}

/// What counts when nothing is said.
pub(super) fn default_of(schema: &Value) -> AnyView {
    match schema.get("default") {
        Some(value) => code(value),
        None => "–".into_any(),
    }
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array())
}

fn joined(parts: impl Iterator<Item = AnyView>) -> AnyView {
    let parts: Vec<AnyView> = parts
        .enumerate()
        .map(|(index, part)| {
            let or = (index > 0).then_some(" or ");
            view! { <span>{or}{part}</span> }.into_any()
        })
        .collect();
    view! { <span>{parts}</span> }.into_any()
}

fn code(value: &Value) -> AnyView {
    let shown = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    view! { <code>{shown}</code> }.into_any()
}

fn words(schema: &Value) -> String {
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![word(name)],
        Value::Array(names) => names.iter().map(|name| word(text(name))).collect(),
        _ => vec!["anything"],
    };
    format!("{}{}", names.join(" or "), bounds(schema))
}

fn word(name: &str) -> &str {
    match name {
        "string" => "text",
        "boolean" => "true or false",
        "array" => "list",
        other => other,
    }
}

fn bounds(schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) if least != 0 => format!(", at least {least}"),
        _ => String::new(),
    }
}

/// The section of all schemas.
pub(super) fn schemas(schemas: &Value) -> AnyView {
    let views: Vec<AnyView> = schemas
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| schema_view(name, schema))
        .collect();
    view! {
        <section class="api-section" id="schemas">
            <h2 class="api-title">"Schemas"</h2>
            {views}
        </section>
    }
    .into_any()
}

/// One field, under its path in the value.
struct Field<'a> {
    name: String,
    is_required: bool,
    schema: &'a Value,
}

fn schema_view(name: &str, schema: &Value) -> AnyView {
    let mut found = Vec::new();
    fields(schema, "", &mut found);
    let (id, title) = (format!("schema-{name}"), name.to_owned());
    let description = inline(text(&schema["description"]));
    let content = if found.is_empty() {
        let type_view = type_of(schema);
        view! { <p class="api-type">{type_view}</p> }.into_any()
    } else {
        let caption = format!("Fields of {name}");
        let columns = vec![
            Column::new("Field"),
            Column::new("Type"),
            Column::new("Meaning"),
        ];
        let rows: Vec<AnyView> = found.iter().map(field_row).collect();
        view! { <Table caption columns>{rows}</Table> }.into_any()
    };
    view! {
        <article class="card" id=id>
            <header class="card-head">
                <div class="card-heading">
                    <h3 class="card-title">{title}</h3>
                    <p class="card-description">{description}</p>
                </div>
            </header>
            <div class="card-body is-flush">{content}</div>
        </article>
    }
    .into_any()
}

fn field_row(field: &Field<'_>) -> AnyView {
    let name = field.name.clone();
    let may_lack = (!field.is_required).then_some(" (may be left out)");
    let type_view = type_of(field.schema);
    let meaning = inline(text(&field.schema["description"]));
    view! {
        <tr>
            <Cell label="Field"><span><code>{name}</code>{may_lack}</span></Cell>
            <Cell label="Type">{type_view}</Cell>
            <Cell label="Meaning">{meaning}</Cell>
        </tr>
    }
    .into_any()
}

/// The fields of an object and of the objects within it that have no name of their own.
fn fields<'a>(schema: &'a Value, prefix: &str, found: &mut Vec<Field<'a>>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let is_required = schema["required"]
            .as_array()
            .is_some_and(|required| required.iter().any(|one| one == name.as_str()));
        found.push(Field {
            name: path.clone(),
            is_required,
            schema: property,
        });
        fields(property, &format!("{path}."), found);
        fields(&property["items"], &format!("{path}[]."), found);
    }
    for way in alternatives(schema).into_iter().flatten() {
        fields(way, prefix, found);
    }
}
