//! A parameter of a function as a control, checked by the browser before anything is sent.

use leptos::prelude::*;

use crate::ui::element_id::slug;
use crate::ui::{Select, SelectOption, TextInput};

/// How people write a value of a type, and what the browser lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Writing {
    placeholder: &'static str,
    pattern: Option<&'static str>,
}

/// One argument. All of a form have the same name: their order is that of the parameters.
#[component]
pub(super) fn Argument(
    /// Of the function, for the element's id.
    #[prop(into)]
    signature: String,
    place: usize,
    /// Name and type.
    parameter: (String, String),
    bind: RwSignal<String>,
) -> impl IntoView {
    let (name, type_name) = parameter;
    let id = format!("argument-{}-{place}", slug(&signature));
    let label = match name.is_empty() {
        true => type_name.clone(),
        false => format!("{name} · {type_name}"),
    };
    if type_name == "bool" {
        let options = vec![
            SelectOption::new("true", "true"),
            SelectOption::new("false", "false"),
        ];
        return view! { <Select name="argument" label id options bind /> }.into_any();
    }
    let Writing {
        placeholder,
        pattern,
    } = writing(&type_name);
    let is_required = type_name != "string";
    match pattern {
        Some(pattern) => view! {
            <TextInput name="argument" label id bind placeholder pattern required=is_required monospaced=true />
        }
        .into_any(),
        None => view! {
            <TextInput name="argument" label id bind placeholder required=is_required monospaced=true />
        }
        .into_any(),
    }
}

/// Where a control of that type begins.
pub(super) fn initial_value(type_name: &str) -> String {
    match type_name {
        "bool" => "true".to_owned(),
        _ => String::new(),
    }
}

fn writing(type_name: &str) -> Writing {
    let of = |placeholder, pattern| Writing {
        placeholder,
        pattern,
    };
    if type_name.ends_with(']') {
        return of("[first, second, …]", Some(r"\s*\[.*\]\s*"));
    }
    match type_name {
        "address" => of("0x and 40 digits", Some("0x[0-9a-fA-F]{40}")),
        "string" => of("text", None),
        name if name.starts_with('(') || name.starts_with("tuple") => {
            of("(first, second, …)", Some(r"\s*\(.*\)\s*"))
        }
        name if name.starts_with("uint") => of("whole number", Some("[0-9]+|0x[0-9a-fA-F]+")),
        name if name.starts_with("int") => of("whole number", Some("-?[0-9]+")),
        name if name.starts_with("bytes") => of(
            "0x and an even number of digits",
            Some("0x([0-9a-fA-F]{2})*"),
        ),
        _ => of("", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_says_how_it_is_written() {
        for (type_name, placeholder) in [
            ("address", "0x and 40 digits"),
            ("address[]", "[first, second, …]"),
            ("uint256", "whole number"),
            ("int8", "whole number"),
            ("bytes32", "0x and an even number of digits"),
            ("(address,uint256)", "(first, second, …)"),
            ("(address,uint256)[2]", "[first, second, …]"),
            ("string", "text"),
            ("function", ""),
        ] {
            assert_eq!(writing(type_name).placeholder, placeholder, "{type_name}");
        }
    }
}
