//! The little of CommonMark that the document's texts use: paragraphs, lists, code, bold.

use leptos::prelude::*;

/// Paragraphs and lists, divided by empty lines.
pub(super) fn prose(text: &str) -> AnyView {
    let blocks: Vec<AnyView> = text
        .split("\n\n")
        .filter(|block| !block.is_empty())
        .map(block)
        .collect();
    if blocks.is_empty() {
        return ().into_any();
    }
    view! { <div class="api-prose">{blocks}</div> }.into_any()
}

fn block(text: &str) -> AnyView {
    if !text.starts_with("- ") {
        let words = inline(text);
        return view! { <p>{words}</p> }.into_any();
    }
    let items: Vec<AnyView> = text
        .lines()
        .map(|line| {
            let words = inline(line.trim_start_matches("- "));
            view! { <li>{words}</li> }.into_any()
        })
        .collect();
    view! { <ul>{items}</ul> }.into_any()
}

/// One line of text.
pub(super) fn inline(text: &str) -> AnyView {
    let parts: Vec<AnyView> = every_second(text, "`")
        .into_iter()
        .flat_map(|(is_code, part)| match is_code {
            true => vec![view! { <code>{part}</code> }.into_any()],
            false => every_second(&part, "**")
                .into_iter()
                .map(|(is_bold, part)| match is_bold {
                    true => view! { <strong>{part}</strong> }.into_any(),
                    false => part.into_any(),
                })
                .collect(),
        })
        .collect();
    view! { <span>{parts}</span> }.into_any()
}

/// The pieces between marks, and whether a piece is between two of them.
fn every_second(text: &str, mark: &str) -> Vec<(bool, String)> {
    text.split(mark)
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| (index % 2 == 1, part.to_owned()))
        .collect()
}
