//! The JSON of a key file. Reading is lenient where programs differ (case of `crypto`, `0x` before
//! hexadecimal digits, no `address`); writing keeps to the definition.

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

use super::derivation::{DERIVED_KEY_LENGTH, KeyDerivation, Parameters};
use super::secret_key::SECRET_KEY_LENGTH;
use super::{KeyFile, KeystoreError};

const VERSION: u64 = 3;
const CIPHER: &str = "aes-128-ctr";
const PRF: &str = "hmac-sha256";
const ID_LENGTH_MAX: usize = 64;
const NAME_LENGTH_MAX: usize = 32;

#[derive(Serialize, Deserialize)]
struct FileJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(alias = "Crypto")]
    crypto: CryptoJson,
    #[serde(default)]
    id: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct CryptoJson {
    cipher: String,
    cipherparams: CipherParametersJson,
    ciphertext: String,
    #[serde(flatten)]
    derivation: DerivationJson,
    mac: String,
}

#[derive(Serialize, Deserialize)]
struct CipherParametersJson {
    iv: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
enum DerivationJson {
    Pbkdf2 {
        c: u32,
        dklen: u64,
        prf: String,
        salt: String,
    },
    Scrypt {
        dklen: u64,
        n: u32,
        p: u32,
        r: u32,
        salt: String,
    },
}

/// What decides whether the rest can be read.
#[derive(Deserialize)]
struct OutlineJson {
    version: u64,
    #[serde(alias = "Crypto")]
    crypto: Option<OutlineCryptoJson>,
}

#[derive(Deserialize)]
struct OutlineCryptoJson {
    #[serde(default)]
    kdf: String,
}

pub(super) fn parse(text: &str) -> Result<KeyFile, KeystoreError> {
    let outline: OutlineJson =
        serde_json::from_str(text).map_err(|_| KeystoreError::NotAKeyFile)?;
    if outline.version != VERSION {
        return Err(KeystoreError::Version(outline.version));
    }
    let kdf = outline.crypto.ok_or(KeystoreError::NotAKeyFile)?.kdf;
    if !matches!(kdf.as_str(), "pbkdf2" | "scrypt") {
        return Err(unsupported(&kdf));
    }
    let file: FileJson = serde_json::from_str(text)
        .map_err(|_| KeystoreError::Damaged("a part is missing or of the wrong kind"))?;
    let crypto = file.crypto;
    if crypto.cipher != CIPHER {
        return Err(unsupported(&crypto.cipher));
    }
    let ciphertext = bytes(&crypto.ciphertext, "its ciphertext is not hexadecimal")?;
    if ciphertext.is_empty() || ciphertext.len() > SECRET_KEY_LENGTH {
        return Err(KeystoreError::Damaged(
            "its ciphertext is not as long as a private key",
        ));
    }
    let iv = array(
        &crypto.cipherparams.iv,
        "its initialisation vector is not 16 bytes",
    )?;
    Ok(KeyFile {
        address: file.address.as_deref().map(address_of).transpose()?,
        derivation: derivation_of(crypto.derivation)?,
        id: file.id.chars().take(ID_LENGTH_MAX).collect(),
        iv,
        ciphertext,
        mac: array(&crypto.mac, "its checksum is not 32 bytes")?,
    })
}

/// Text and numbers only, which always have a JSON form.
pub(super) fn to_text(file: &KeyFile) -> String {
    let file = FileJson {
        address: file.address.map(hex::encode),
        crypto: CryptoJson {
            cipher: CIPHER.to_owned(),
            cipherparams: CipherParametersJson {
                iv: hex::encode(file.iv),
            },
            ciphertext: hex::encode(&file.ciphertext),
            derivation: json_of(&file.derivation),
            mac: hex::encode(file.mac),
        },
        id: file.id.clone(),
        version: VERSION,
    };
    serde_json::to_string(&file).unwrap_or_default()
}

fn derivation_of(derivation: DerivationJson) -> Result<KeyDerivation, KeystoreError> {
    let (DerivationJson::Pbkdf2 { dklen, salt, .. } | DerivationJson::Scrypt { dklen, salt, .. }) =
        &derivation;
    if *dklen != DERIVED_KEY_LENGTH as u64 {
        return Err(KeystoreError::Unsupported(format!(
            "a derived key of {dklen} bytes"
        )));
    }
    let salt = bytes(salt, "its salt is not hexadecimal")?;
    match derivation {
        DerivationJson::Pbkdf2 { prf, .. } if prf != PRF => Err(unsupported(&prf)),
        DerivationJson::Pbkdf2 { c, .. } => KeyDerivation::pbkdf2(salt, c),
        DerivationJson::Scrypt { n, r, p, .. } => KeyDerivation::scrypt(salt, n, r, p),
    }
}

fn json_of(derivation: &KeyDerivation) -> DerivationJson {
    let dklen = DERIVED_KEY_LENGTH as u64;
    match derivation.parameters() {
        Parameters::Pbkdf2 { salt, iterations } => DerivationJson::Pbkdf2 {
            c: *iterations,
            dklen,
            prf: PRF.to_owned(),
            salt: hex::encode(salt),
        },
        Parameters::Scrypt { salt, n, r, p } => DerivationJson::Scrypt {
            dklen,
            n: *n,
            p: *p,
            r: *r,
            salt: hex::encode(salt),
        },
    }
}

/// The name goes into a message: nothing of it may act on a terminal.
fn unsupported(name: &str) -> KeystoreError {
    let printable = name.chars().filter(char::is_ascii_graphic);
    KeystoreError::Unsupported(printable.take(NAME_LENGTH_MAX).collect())
}

fn address_of(text: &str) -> Result<Address, KeystoreError> {
    text.parse()
        .map_err(|_| KeystoreError::Damaged("its address is none"))
}

fn bytes(text: &str, damage: &'static str) -> Result<Vec<u8>, KeystoreError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| KeystoreError::Damaged(damage))
}

fn array<const N: usize>(text: &str, damage: &'static str) -> Result<[u8; N], KeystoreError> {
    bytes(text, damage)?
        .try_into()
        .map_err(|_| KeystoreError::Damaged(damage))
}
