//! The top of a page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::breadcrumb::{Breadcrumb, Crumb};

/// The page's one `<h1>`, what it is about, and its main actions; also the document's title.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    #[prop(optional, into)] description: Option<String>,
    #[prop(optional)] above: Vec<Crumb>,
    /// Beside the title: a badge.
    #[prop(optional, into)]
    beside: Option<ViewFnOnce>,
    #[prop(optional, into)] actions: Option<ViewFnOnce>,
) -> impl IntoView {
    let trail = (!above.is_empty()).then(|| view! { <Breadcrumb above here=title.clone() /> });
    view! {
        <Title text=title.clone() />
        <header class="page-header">
            <div class="page-heading">
                {trail}
                <div class="page-title-line">
                    <h1 class="page-title">{title}</h1>
                    {beside.map(ViewFnOnce::run)}
                </div>
                {description.map(|text| view! { <p class="page-description">{text}</p> })}
            </div>
            {actions.map(|actions| view! { <div class="page-actions">{actions.run()}</div> })}
        </header>
    }
}
