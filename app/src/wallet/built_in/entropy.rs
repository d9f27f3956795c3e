//! Random bytes and slow derivations, by the browser's own cryptography where it offers it.

use std::cell::Cell;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::derivation::{
    DERIVED_KEY_LENGTH, Derivation, DerivationRefused, DerivedKey, KeyDerivation, Progress,
};

/// Longest stretch of computing before the page may react again, in milliseconds: below what
/// people notice as a delay.
const SLICE_MS: f64 = 40.0;
/// Steps of the first slice; the following ones are fitted to [`SLICE_MS`].
const FIRST_STEPS: u32 = 500;

/// The browser has no source of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this browser offers no secure random numbers")]
pub(crate) struct NoRandomness;

pub(crate) fn random_bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; N]);
    crypto()
        .ok_or(NoRandomness)?
        .get_random_values_with_u8_array(bytes.as_mut_slice())
        .map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Derives without freezing the page. `on_progress` gets thousandths, if the work is done here.
pub(crate) async fn derive(
    passphrase: &[u8],
    derivation: &KeyDerivation,
    on_progress: impl Fn(u16),
) -> Result<DerivedKey, DerivationRefused> {
    if let Some((salt, iterations)) = derivation.as_pbkdf2()
        && let Some(subtle) = subtle()
        && let Ok(key) = derive_by_browser(&subtle, passphrase, salt, iterations).await
    {
        return Ok(key);
    }
    derive_here(derivation.begin(passphrase)?, on_progress).await
}

async fn derive_here(
    mut derivation: Derivation,
    on_progress: impl Fn(u16),
) -> Result<DerivedKey, DerivationRefused> {
    let steps = Cell::new(FIRST_STEPS);
    loop {
        let began_at_ms = js_sys::Date::now();
        match derivation.advance(steps.get()) {
            Progress::Done(key) => return Ok(key),
            Progress::Running { permille } => on_progress(permille),
        }
        let took_ms = (js_sys::Date::now() - began_at_ms).max(1.0);
        // Never more than doubled at once: the first slices are too short to be measured well.
        let fitted = f64::from(steps.get()) * (SLICE_MS / took_ms).clamp(0.25, 2.0);
        steps.set((fitted as u32).max(1));
        TimeoutFuture::new(0).await;
    }
}

/// PBKDF2 by WebCrypto: off the page's thread, and many times faster.
async fn derive_by_browser(
    subtle: &SubtleCrypto,
    passphrase: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Result<DerivedKey, JsValue> {
    let secret = Uint8Array::from(passphrase);
    let usages = Array::of1(&"deriveBits".into());
    let imported = subtle.import_key_with_str("raw", &secret, "PBKDF2", false, &usages)?;
    let key: CryptoKey = JsFuture::from(Promise::resolve(&imported))
        .await?
        .dyn_into()?;
    secret.fill(0, 0, secret.length());

    let algorithm = Object::new();
    for (name, value) in [
        ("name", JsValue::from("PBKDF2")),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::from(salt).into()),
        ("iterations", iterations.into()),
    ] {
        Reflect::set(&algorithm, &name.into(), &value)?;
    }
    let bits = subtle.derive_bits_with_object(&algorithm, &key, (DERIVED_KEY_LENGTH * 8) as u32)?;
    let buffer: ArrayBuffer = JsFuture::from(Promise::resolve(&bits)).await?.dyn_into()?;
    let bytes = Uint8Array::new(&buffer);
    let mut derived = Zeroizing::new([0_u8; DERIVED_KEY_LENGTH]);
    if bytes.length() as usize != DERIVED_KEY_LENGTH {
        return Err(JsValue::UNDEFINED);
    }
    bytes.copy_to(derived.as_mut_slice());
    bytes.fill(0, 0, bytes.length());
    Ok(derived)
}

fn crypto() -> Option<Crypto> {
    window().crypto().ok()
}

/// Only in secure contexts: https, and localhost.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = crypto()?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
    (!subtle.is_undefined()).then(|| crypto.subtle())
}
