//! Dense tables with a head that stays, and cards in their place on phones.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// A table's head cell.
#[derive(Debug, Clone)]
pub struct Column {
    label: String,
    class: &'static str,
    sort: Option<Sort>,
}

#[derive(Debug, Clone)]
struct Sort {
    href: String,
    direction: Option<SortDirection>,
}

/// In which order a column is sorted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortDirection {
    Ascending,
    Descending,
}

impl Column {
    /// Text at the left.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            class: "",
            sort: None,
        }
    }

    /// Numbers at the right.
    pub fn numeric(label: impl Into<String>) -> Self {
        Self {
            class: "is-numeric",
            ..Self::new(label)
        }
    }

    /// Buttons at the right; the label is for screen readers only.
    pub fn actions(label: impl Into<String>) -> Self {
        Self {
            class: "is-actions",
            ..Self::new(label)
        }
    }

    /// The head links to the same list in this column's order.
    #[must_use]
    pub fn sorted_by(mut self, href: impl Into<String>, direction: Option<SortDirection>) -> Self {
        self.sort = Some(Sort {
            href: href.into(),
            direction,
        });
        self
    }
}

/// A table. Children are `<tr>` rows of [`Cell`]s.
#[component]
pub fn Table(
    /// What the table lists; for screen readers.
    #[prop(into)]
    caption: String,
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    let label = caption.clone();
    view! {
        <div class="table-frame" role="region" aria-label=label tabindex="0">
            <table class="table">
                <caption class="sr-only">{caption}</caption>
                <thead>
                    <tr>{columns.into_iter().map(head_cell).collect_view()}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// One cell. The label repeats the column's head where rows are shown as cards.
#[component]
pub fn Cell(
    #[prop(into)] label: String,
    /// Numbers and amounts: right-aligned, tabular figures.
    #[prop(optional)]
    numeric: bool,
    /// Buttons at the end of the row.
    #[prop(optional)]
    actions: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <td data-label=label class:is-numeric=numeric class:is-actions=actions>
            {children()}
        </td>
    }
}

fn head_cell(column: Column) -> AnyView {
    let is_actions = column.class == "is-actions";
    let Some(sort) = column.sort else {
        return view! {
            <th scope="col" class=column.class>
                <span class:sr-only=is_actions>{column.label}</span>
            </th>
        }
        .into_any();
    };
    let (order, icon) = match sort.direction {
        Some(SortDirection::Ascending) => ("ascending", IconName::ChevronUp),
        Some(SortDirection::Descending) => ("descending", IconName::ChevronDown),
        None => ("none", IconName::ChevronsUpDown),
    };
    view! {
        <th scope="col" class=column.class aria-sort=order>
            <a class="table-sort" href=sort.href>{column.label}<Icon name=icon size=14 /></a>
        </th>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
