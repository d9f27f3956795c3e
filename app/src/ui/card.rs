//! Surfaces that hold what belongs together.

use leptos::prelude::*;

/// A framed surface, with a heading when it has a title.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<String>,
    #[prop(optional, into)] description: Option<String>,
    /// Controls at the right of the heading.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    /// No padding around the content: for tables, logs and sections that bring their own.
    #[prop(optional)]
    flush: bool,
    children: Children,
) -> impl IntoView {
    let head = title.map(|title| {
        view! {
            <header class="card-head">
                <div class="card-heading">
                    <h2 class="card-title">{title}</h2>
                    {description.map(|text| view! { <p class="card-description">{text}</p> })}
                </div>
                {actions.map(|actions| view! { <div class="card-actions">{actions.run()}</div> })}
            </header>
        }
    });
    view! {
        <section class="card">
            {head}
            <div class="card-body" class:is-flush=flush>{children()}</div>
        </section>
    }
}

/// One of several parts of a flush card, divided by lines.
#[component]
pub fn CardSection(children: Children) -> impl IntoView {
    view! { <div class="card-section">{children()}</div> }
}
