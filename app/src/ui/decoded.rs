//! Values that were read by a contract's interface, as a tree. What contracts write is shown as
//! text and nothing else.

use leptos::prelude::*;
use types::explorer::{DecodedField, DecodedValue};

use super::address::Address;

/// Nesting that is shown; the index cuts decoded data long before.
const DEPTH_MAX: usize = 16;
/// Characters of a text or byte string that are shown at once.
const TEXT_LENGTH_MAX: usize = 2_000;

/// Parameters by name, with their types.
#[component]
pub fn DecodedFields(fields: Vec<DecodedField>) -> impl IntoView {
    field_list(fields, DEPTH_MAX)
}

fn field_list(fields: Vec<DecodedField>, depth_left: usize) -> AnyView {
    if fields.is_empty() {
        return view! { <span class="text-muted">"nothing"</span> }.into_any();
    }
    let rows = fields
        .into_iter()
        .enumerate()
        .map(|(index, field)| field_row(index, field, depth_left))
        .collect_view();
    view! { <dl class="decoded">{rows}</dl> }.into_any()
}

fn field_row(index: usize, field: DecodedField, depth_left: usize) -> impl IntoView {
    let name = match field.name.is_empty() {
        true => format!("[{index}]"),
        false => field.name,
    };
    view! {
        <div class="decoded-field">
            <dt>
                <span class="decoded-name">{name}</span>
                " "
                <span class="decoded-type">{field.type_name}</span>
                {field.is_indexed.then(|| view! { " " <span class="decoded-type">"indexed"</span> })}
            </dt>
            <dd>{decoded_value(field.value, depth_left)}</dd>
        </div>
    }
}

fn decoded_value(value: DecodedValue, depth_left: usize) -> AnyView {
    let Some(depth_left) = depth_left.checked_sub(1) else {
        return "…".into_any();
    };
    match value {
        DecodedValue::Address(text) => match text.parse() {
            Ok(address) => view! { <Address address full=true /> }.into_any(),
            Err(_) => text.into_any(),
        },
        DecodedValue::Number(digits) => view! { <span class="mono">{digits}</span> }.into_any(),
        DecodedValue::Bool(is_true) => {
            view! { <span class="mono">{if is_true { "true" } else { "false" }}</span> }.into_any()
        }
        DecodedValue::Text(text) => {
            view! { <span class="decoded-text">{shortened(text)}</span> }.into_any()
        }
        DecodedValue::Bytes(text) => {
            view! { <span class="mono">{shortened(text)}</span> }.into_any()
        }
        DecodedValue::List(values) if values.is_empty() => {
            view! { <span class="text-muted">"empty list"</span> }.into_any()
        }
        DecodedValue::List(values) => view! {
            <ol class="decoded-list" start="0">
                {values.into_iter()
                    .map(|value| view! { <li>{decoded_value(value, depth_left)}</li> })
                    .collect_view()}
            </ol>
        }
        .into_any(),
        DecodedValue::Tuple(fields) => field_list(fields, depth_left),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
