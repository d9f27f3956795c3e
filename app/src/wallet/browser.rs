//! What wallets need of the browser: time, timers, storage and navigation.

use std::time::Duration;

use leptos::prelude::{set_timeout, window};
use types::Timestamp;
use web_sys::Storage;

/// Where the reverse domain name of the wallet that signed last is kept.
const LAST_WALLET_KEY: &str = "ledgercloud.last-wallet";

/// This computer's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// Calls back once this computer's clock has reached the moment.
pub(crate) fn at(moment: Timestamp, callback: impl FnOnce() + 'static) {
    let delay_ms = u64::try_from(moment.since_ms(now())).unwrap_or(0);
    set_timeout(callback, Duration::from_millis(delay_ms));
}

/// Leaves the page for another one of this site.
pub(crate) fn go_to(path: &str) {
    // The server checked the path; this makes sure that it cannot name another site.
    let is_of_this_site =
        path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    let target = if is_of_this_site { path } else { "/" };
    // Fails only for a malformed address, and then there is nowhere to go.
    let _ = window().location().assign(target);
}

/// Loads this page again.
pub(crate) fn reload() {
    // Fails only where navigation is forbidden, and then the page stays as it is.
    let _ = window().location().reload();
}

/// The origin of this site: `http://localhost:3000`.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// This browser's storage for this site, unless it is switched off.
pub(crate) fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Reverse domain name of the wallet that signed last.
pub(crate) fn last_wallet() -> Option<String> {
    storage()?.get_item(LAST_WALLET_KEY).ok().flatten()
}

/// Remembers the wallet for the order of the buttons and for noticing a switch of its account.
/// Without storage nothing is remembered, which harms nobody.
pub(crate) fn remember_wallet(rdns: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(LAST_WALLET_KEY, rdns);
    }
}
