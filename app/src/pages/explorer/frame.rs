//! Around every page of the explorer: its rooms and the state of its index.

use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;

use super::feed::provide_chain_feed;
use super::path;
use super::status::ChainStatusLine;
use crate::ui::{TabLink, Tabs};

/// The rooms, with the beginnings of the addresses that belong to each.
const ROOMS: [(&str, &str, &[&str]); 10] = [
    ("Overview", path::HOME, &[]),
    ("Blocks", path::BLOCKS, &["/explorer/block/"]),
    ("Transactions", path::TRANSACTIONS, &["/explorer/tx/"]),
    ("Pending", path::PENDING, &[]),
    ("Tokens", path::TOKENS, &["/explorer/token/"]),
    (
        "Accounts",
        path::ACCOUNTS,
        &["/explorer/address/", "/explorer/contract/"],
    ),
    ("Signers", path::SIGNERS, &[]),
    ("Nodes", path::NODES, &[]),
    ("Charts", path::CHARTS, &[]),
    ("Broadcast", path::BROADCAST, &[]),
];

/// The parent of all routes below `/explorer`.
#[component]
pub fn ExplorerFrame() -> impl IntoView {
    let feed = provide_chain_feed();
    let here = use_location().pathname;
    let current = Memo::new(move |_| here.with(|here| room_of(here)).to_owned());
    let rooms = ROOMS
        .map(|(label, href, _)| TabLink::new(href, label))
        .to_vec();
    view! {
        <div class="page">
            <div class="explorer-top">
                <Tabs label="Explorer" tabs=rooms current />
                <ChainStatusLine feed />
            </div>
            <Outlet />
        </div>
    }
}

fn room_of(path: &str) -> &'static str {
    let path = path.trim_end_matches('/');
    ROOMS
        .into_iter()
        .find(|(_, href, below)| {
            path == *href || below.iter().any(|prefix| path.starts_with(prefix))
        })
        .map_or("", |(_, href, _)| href)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_in_its_room() {
        for (here, room) in [
            ("/explorer", path::HOME),
            ("/explorer/", path::HOME),
            ("/explorer/block/7", path::BLOCKS),
            ("/explorer/tx/0xab", path::TRANSACTIONS),
            ("/explorer/contract/0xab/verify", path::ACCOUNTS),
            ("/explorer/search", ""),
        ] {
            assert_eq!(room_of(here), room, "{here}");
        }
    }
}
