//! The work on the keys, in the browser.

use leptos::prelude::*;
use leptos::task::spawn_local;
use types::WalletAddress;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};
use zeroize::Zeroizing;

use super::{KeyRing, Work};
use crate::wallet::built_in::passphrase::NewPassphrase;
use crate::wallet::built_in::signing::{self, KeyError};
use crate::wallet::built_in::vault;

pub(super) fn read(ring: KeyRing) {
    ring.keys.try_set(Some(vault::addresses()));
}

pub(super) fn create(ring: KeyRing, passphrase: NewPassphrase) {
    begin(ring, "Making a key and locking it");
    spawn_local(async move {
        let result = signing::create(&passphrase, progress(ring)).await;
        finish(
            ring,
            result,
            "is ready. Save it to a file before you rely on it.",
        );
    });
}

pub(super) fn import(ring: KeyRing, text: String, passphrase: Zeroizing<String>) {
    begin(ring, "Opening the file");
    spawn_local(async move {
        let result = signing::import(&text, passphrase.as_bytes(), progress(ring)).await;
        finish(ring, result, "was taken in.");
    });
}

pub(super) fn export(ring: KeyRing, address: WalletAddress) {
    let work = match vault::load(address).map(|keystore| save_file(address, &keystore.to_json())) {
        Some(Ok(())) => Work::Done(format!(
            "The file of {} was saved. It opens with the key's passphrase, here and in other wallets.",
            address.to_short()
        )),
        Some(Err(_)) => Work::Failed("The browser did not save the file.".to_owned()),
        None => Work::Failed("The key is no longer in this browser.".to_owned()),
    };
    ring.work.set(work);
}

pub(super) fn remove(ring: KeyRing, address: WalletAddress) {
    let work = match vault::remove(address) {
        Ok(()) => Work::Done(format!(
            "{} was deleted from this browser.",
            address.to_short()
        )),
        Err(error) => Work::Failed(sentence(&error.to_string())),
    };
    ring.work.set(work);
    read(ring);
}

fn begin(ring: KeyRing, what: &'static str) {
    ring.work.set(Work::Busy { what, permille: 0 });
}

fn progress(ring: KeyRing) -> impl Fn(u16) {
    move |done| {
        ring.work.try_update(|work| {
            if let Work::Busy { permille, .. } = work {
                *permille = done;
            }
        });
    }
}

fn finish(ring: KeyRing, result: Result<WalletAddress, KeyError>, became: &str) {
    let work = match result {
        Ok(address) => Work::Done(format!("{} {became}", address.to_short())),
        Err(error) => Work::Failed(sentence(&error.to_string())),
    };
    ring.work.try_set(work);
    read(ring);
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// A download by a link that is never shown.
fn save_file(address: WalletAddress, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(&format!("ledgercloud-{}.json", address.to_lower_hex()));
    link.click();
    Url::revoke_object_url(&url)
}
