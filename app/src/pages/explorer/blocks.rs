//! `/explorer/blocks`.

use leptos::prelude::*;

use super::list::{Empty, ListPlace, live_list};
use super::path;
use super::tables::block_table;
use crate::actions::explorer::read_blocks;
use crate::ui::{IconName, PageHeader};

const NO_BLOCKS: Empty = Empty {
    icon: IconName::List,
    title: "No blocks yet",
    text: "Blocks appear here as soon as the index has them.",
};

/// All blocks, newest first.
#[component]
pub fn BlocksPage() -> impl IntoView {
    let place = ListPlace::new(path::BLOCKS, "blocks");
    view! {
        <PageHeader title="Blocks" description="Newest first." />
        {live_list(place, NO_BLOCKS, read_blocks, block_table)}
    }
}
