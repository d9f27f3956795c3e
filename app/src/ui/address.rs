//! Addresses and hashes: short for the eye, whole on hover, in the clipboard and for machines.

use leptos::prelude::*;
use types::WalletAddress;

use super::copy_button::CopyButton;

/// A wallet's address with its EIP-55 checksum, shortened, with a button that copies all of it.
#[component]
pub fn Address(
    address: WalletAddress,
    /// The whole address where there is room.
    #[prop(optional)]
    full: bool,
) -> impl IntoView {
    let whole = address.to_checksum();
    let shown = if full {
        whole.clone()
    } else {
        address.to_short()
    };
    let title = whole.clone();
    view! {
        <span class="address" title=title>
            <span class="mono">{shown}</span>
            <CopyButton text=whole label="Copy address" />
        </span>
    }
}

/// Any long identifier in hexadecimal or similar, shortened in the middle.
#[component]
pub fn Hash(#[prop(into)] text: String) -> impl IntoView {
    let (title, shown) = (text.clone(), shorten(&text));
    view! {
        <span class="address" title=title>
            <span class="mono">{shown}</span>
            <CopyButton text=text label="Copy" />
        </span>
    }
}

/// The first ten and last six characters of anything longer than twenty.
fn shorten(text: &str) -> String {
    let length = text.chars().count();
    if length <= 20 {
        return text.to_owned();
    }
    let head: String = text.chars().take(10).collect();
    let tail: String = text.chars().skip(length - 6).collect();
    format!("{head}…{tail}")
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
