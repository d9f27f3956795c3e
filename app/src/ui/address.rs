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

/// The text with each address or hash in hexadecimal shortened. Accounts are named by the wallet
/// that opened them, so most sentences about people hold one.
#[must_use]
pub fn with_short_addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("0x") {
        let (before, found) = rest.split_at(start);
        let length = 2 + found[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let (hex, after) = found.split_at(length);
        shown.push_str(before);
        match length {
            0..=20 => shown.push_str(hex),
            _ => {
                shown.push_str(&hex[..6]);
                shown.push('…');
                shown.push_str(&hex[length - 4..]);
            }
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
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
