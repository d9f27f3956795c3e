//! An OpenAPI document as HTML: an index, the operations by tag, and what their answers are made of.

mod example;
mod prose;
mod schema;

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::{Badge, Cell, Column, Table, Tone};
use example::{answer_example, json_text, request_example};
use prose::{inline, prose};
use schema::{default_of, schemas, type_of};

/// The methods that are shown, in this order.
const METHODS: [&str; 2] = ["get", "post"];

/// The whole reference as HTML.
#[must_use]
pub fn reference(document: &Value) -> String {
    Owner::new().with(|| page(document).to_html())
}

/// Operations with one tag.
struct Section<'a> {
    id: String,
    title: &'a str,
    description: &'a str,
    operations: Vec<Operation<'a>>,
}

struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    value: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> String {
        text(&self.value["operationId"]).to_owned()
    }

    /// As people say it: `GET /rpc/head`.
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    fn badge(&self) -> AnyView {
        let tone = match self.method {
            "get" => Tone::Info,
            _ => Tone::Positive,
        };
        let method = self.method.to_uppercase();
        view! { <Badge tone>{method}</Badge> }.into_any()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The value itself, or what it refers to.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.trim_start_matches('#')))
        .unwrap_or(value)
}

fn page(document: &Value) -> AnyView {
    let sections = sections(document);
    let intro = prose(text(&document["info"]["description"]));
    let base = text(&document["servers"][0]["url"]).to_owned();
    let index: Vec<AnyView> = sections.iter().map(index_of).collect();
    let parts: Vec<AnyView> = sections
        .iter()
        .map(|section| section_view(document, section))
        .collect();
    let schemas = schemas(&document["components"]["schemas"]);
    view! {
        <section class="api-prose">
            <p>
                "Base address: "<code>{base}</code>". The whole reference is also there "
                <a class="link" href="/api/openapi.json" rel="external">"as an OpenAPI document"</a>
                ", from which clients can be made."
            </p>
            {intro}
        </section>
        <nav class="api-index" aria-label="Operations">
            {index}
            <div>
                <p class="api-index-title"><a class="link" href="#schemas">"Schemas"</a></p>
            </div>
        </nav>
        {parts}
        {schemas}
    }
    .into_any()
}

fn sections(document: &Value) -> Vec<Section<'_>> {
    let tags = document["tags"].as_array();
    tags.into_iter()
        .flatten()
        .map(|tag| Section {
            id: format!("tag-{}", text(&tag["name"])),
            title: text(&tag["x-displayName"]),
            description: text(&tag["description"]),
            operations: operations(document, text(&tag["name"])),
        })
        .collect()
}

fn operations<'a>(document: &'a Value, tag: &str) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let value = &item[method];
            if value["tags"][0] == tag {
                found.push(Operation {
                    method,
                    path: path.as_str(),
                    value,
                });
            }
        }
    }
    found
}

fn index_of(section: &Section<'_>) -> AnyView {
    let title = section.title.to_owned();
    let href = format!("#{}", section.id);
    let operations: Vec<AnyView> = section
        .operations
        .iter()
        .map(|operation| {
            let href = format!("#{}", operation.id());
            let (badge, path) = (operation.badge(), operation.path.to_owned());
            view! { <li><a href=href>{badge}<code>{path}</code></a></li> }.into_any()
        })
        .collect();
    view! {
        <div>
            <p class="api-index-title"><a class="link" href=href>{title}</a></p>
            <ul>{operations}</ul>
        </div>
    }
    .into_any()
}

fn section_view(document: &Value, section: &Section<'_>) -> AnyView {
    let (id, title) = (section.id.clone(), section.title.to_owned());
    let description = prose(section.description);
    let operations: Vec<AnyView> = section
        .operations
        .iter()
        .map(|operation| operation_view(document, operation))
        .collect();
    view! {
        <section class="api-section" id=id>
            <h2 class="api-title">{title}</h2>
            {description}
            {operations}
        </section>
    }
    .into_any()
}

fn operation_view(document: &Value, operation: &Operation<'_>) -> AnyView {
    let (id, name) = (operation.id(), operation.name());
    let anchor = format!("#{id}");
    let badge = operation.badge();
    let path = operation.path.to_owned();
    let summary = inline(text(&operation.value["summary"]));
    let description = prose(text(&operation.value["description"]));
    let parameters = parameters_view(document, operation);
    let body = body_view(operation);
    let request = code(
        format!("Request: {name}"),
        request_example(document, operation),
    );
    let answers = answers_view(document, operation);
    let answer = answer_example(document, operation.value).map(|(status, value)| {
        let label = format!("Example answer of {name}");
        let example = code(label, json_text(value));
        view! { <h4>"Example answer ("{status}")"</h4>{example} }.into_any()
    });
    view! {
        <article class="card api-operation" id=id>
            <header class="card-head">
                <div class="card-heading">
                    <h3 class="api-name">{badge}<a href=anchor><code>{path}</code></a></h3>
                    <p class="card-description">{summary}</p>
                </div>
            </header>
            <div class="card-body api-body">
                {description}
                {parameters}
                {body}
                <h4>"Request"</h4>
                {request}
                <h4>"Answers"</h4>
                {answers}
                {answer}
            </div>
        </article>
    }
    .into_any()
}

fn parameters_view(document: &Value, operation: &Operation<'_>) -> Option<AnyView> {
    let parameters = operation.value["parameters"].as_array()?;
    let caption = format!("Parameters of {}", operation.name());
    let columns = vec![
        Column::new("Name"),
        Column::new("In"),
        Column::new("Type"),
        Column::new("Default"),
        Column::new("Meaning"),
    ];
    let rows: Vec<AnyView> = parameters
        .iter()
        .map(|parameter| parameter_row(resolve(document, parameter)))
        .collect();
    let view = view! {
        <h4>"Parameters"</h4>
        <Table caption columns>{rows}</Table>
    };
    Some(view.into_any())
}

fn parameter_row(parameter: &Value) -> AnyView {
    let name = text(&parameter["name"]).to_owned();
    let place = text(&parameter["in"]).to_owned();
    let is_required = parameter["required"] == true;
    let type_view = type_of(&parameter["schema"]);
    let default = default_of(&parameter["schema"]);
    let meaning = inline(text(&parameter["description"]));
    view! {
        <tr>
            <Cell label="Name">
                <span><code>{name}</code>{is_required.then_some(" (required)")}</span>
            </Cell>
            <Cell label="In">{place}</Cell>
            <Cell label="Type">{type_view}</Cell>
            <Cell label="Default">{default}</Cell>
            <Cell label="Meaning">{meaning}</Cell>
        </tr>
    }
    .into_any()
}

fn body_view(operation: &Operation<'_>) -> Option<AnyView> {
    let schema = operation
        .value
        .pointer("/requestBody/content/application~1json/schema")?;
    let type_view = type_of(schema);
    Some(view! { <h4>"Body"</h4><p>"JSON: "{type_view}"."</p> }.into_any())
}

fn answers_view(document: &Value, operation: &Operation<'_>) -> AnyView {
    let caption = format!("Answers of {}", operation.name());
    let columns = vec![
        Column::new("Status"),
        Column::new("Content"),
        Column::new("Meaning"),
    ];
    let responses = operation.value["responses"].as_object();
    let rows: Vec<AnyView> = responses
        .into_iter()
        .flatten()
        .map(|(status, response)| answer_row(status, resolve(document, response)))
        .collect();
    view! { <Table caption columns>{rows}</Table> }.into_any()
}

fn answer_row(status: &str, response: &Value) -> AnyView {
    let status = match status {
        "default" => "other",
        status => status,
    };
    let status = status.to_owned();
    let meaning = inline(text(&response["description"]));
    let contents: Vec<AnyView> = response["content"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(kind, content)| {
            let kind = kind.clone();
            match kind.as_str() {
                "application/json" => type_of(&content["schema"]),
                _ => view! { <code>{kind}</code> }.into_any(),
            }
        })
        .collect();
    let content = if contents.is_empty() {
        "none".into_any()
    } else {
        view! { <span>{contents}</span> }.into_any()
    };
    view! {
        <tr>
            <Cell label="Status"><code>{status}</code></Cell>
            <Cell label="Content">{content}</Cell>
            <Cell label="Meaning">{meaning}</Cell>
        </tr>
    }
    .into_any()
}

/// Text for machines. The kit's has a button that needs the browser's program.
fn code(label: String, text: String) -> AnyView {
    view! {
        <div class="code api-code" role="group" aria-label=label>
            <pre tabindex="0"><code>{text}</code></pre>
        </div>
    }
    .into_any()
}
