//! The use cases of the built-in wallet in the browser: make, take in, sign.

use types::WalletAddress;
use types::chain::PreparedTransaction;
use zeroize::Zeroizing;

use super::derivation::{DerivationRefused, KeyDerivation};
use super::entropy::{NoRandomness, derive, random_bytes};
use super::keystore::{FileRandomness, InvalidKeystore, Keystore, OpenError};
use super::passphrase::NewPassphrase;
use super::secret_key::{InvalidSecretKey, SECRET_KEY_LENGTH, SecretKey};
use super::transaction::sign_transaction;
use super::vault::{self, VaultError};
use crate::wallet::failure::WalletFailure;

/// Random values tried for a new key. All but one in 2¹²⁸ are keys.
const DRAWS_MAX: usize = 4;

/// Why a key was not made or taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Derivation(#[from] DerivationRefused),
    #[error(transparent)]
    File(#[from] InvalidKeystore),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Secret(#[from] InvalidSecretKey),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Makes a key and keeps it, locked by the passphrase.
pub(crate) async fn create(
    passphrase: &NewPassphrase,
    on_progress: impl Fn(u16),
) -> Result<WalletAddress, KeyError> {
    let secret = new_secret()?;
    lock_and_keep(&secret, passphrase.as_bytes(), on_progress).await
}

/// Takes in a key file that the passphrase opens. It is locked anew as our own files are: the
/// file's way may take long each time (scrypt) or be too quick to guess.
pub(crate) async fn import(
    text: &str,
    passphrase: &[u8],
    on_progress: impl Fn(u16),
) -> Result<WalletAddress, KeyError> {
    let keystore = Keystore::parse(text)?;
    let derived = derive(passphrase, &keystore.derivation, &on_progress).await?;
    let secret = keystore.open(&derived)?;
    lock_and_keep(&secret, passphrase, on_progress).await
}

/// Signs a text with a key that is kept; the key is in memory for that only.
pub(crate) async fn sign(
    account: WalletAddress,
    passphrase: &[u8],
    text: &str,
    on_progress: impl Fn(u16),
) -> Result<String, WalletFailure> {
    let secret = open(account, passphrase, on_progress).await?;
    secret.sign_text(text).map_err(other)
}

/// Signs a transaction with a key that is kept: `0x` and its bytes.
pub(crate) async fn sign_prepared(
    account: WalletAddress,
    passphrase: &[u8],
    transaction: &PreparedTransaction,
    on_progress: impl Fn(u16),
) -> Result<String, WalletFailure> {
    let secret = open(account, passphrase, on_progress).await?;
    sign_transaction(&secret, transaction).map_err(other)
}

async fn open(
    account: WalletAddress,
    passphrase: &[u8],
    on_progress: impl Fn(u16),
) -> Result<SecretKey, WalletFailure> {
    let keystore = vault::load(account).ok_or(WalletFailure::Gone)?;
    let derived = derive(passphrase, &keystore.derivation, on_progress)
        .await
        .map_err(other)?;
    let secret = keystore.open(&derived).map_err(|error| match error {
        OpenError::WrongPassphrase => WalletFailure::WrongPassphrase,
        error => other(error),
    })?;
    if secret.address() != account {
        return Err(other(OpenError::AddressMismatch));
    }
    Ok(secret)
}

async fn lock_and_keep(
    secret: &SecretKey,
    passphrase: &[u8],
    on_progress: impl Fn(u16),
) -> Result<WalletAddress, KeyError> {
    let randomness = FileRandomness {
        salt: *random_bytes()?,
        iv: *random_bytes()?,
        id: *random_bytes()?,
    };
    let derived = derive(
        passphrase,
        &KeyDerivation::for_new_file(randomness.salt),
        on_progress,
    )
    .await?;
    Ok(vault::save(&Keystore::seal(secret, &derived, &randomness))?)
}

fn new_secret() -> Result<SecretKey, KeyError> {
    for _ in 0..DRAWS_MAX {
        let bytes: Zeroizing<[u8; SECRET_KEY_LENGTH]> = random_bytes()?;
        if let Ok(secret) = SecretKey::from_bytes(&bytes) {
            return Ok(secret);
        }
    }
    Err(InvalidSecretKey.into())
}

fn other(error: impl std::error::Error) -> WalletFailure {
    WalletFailure::Other(error.to_string())
}
