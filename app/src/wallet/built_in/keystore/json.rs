//! The JSON of a key file. Readers are lenient where programs differ (case of `crypto`, `0x`
//! before hexadecimal digits, no `address`); the writer keeps to the definition.

use serde::{Deserialize, Serialize};

use super::super::derivation::{DERIVED_KEY_LENGTH, KeyDerivation, Parameters};
use super::{InvalidKeystore, Keystore, SECRET_KEY_LENGTH};

const VERSION: u64 = 3;
const CIPHER: &str = "aes-128-ctr";
const PRF: &str = "hmac-sha256";
const ID_LENGTH_MAX: usize = 64;

#[derive(Serialize, Deserialize)]
pub(super) struct KeystoreJson {
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
    kdf: String,
    kdfparams: DerivationParametersJson,
    mac: String,
}

#[derive(Serialize, Deserialize)]
struct CipherParametersJson {
    iv: String,
}

/// Of both derivations: `c` and `prf` belong to PBKDF2; `n`, `r` and `p` to scrypt.
#[derive(Serialize, Deserialize, Default)]
struct DerivationParametersJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<u32>,
    dklen: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prf: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<u32>,
    salt: String,
}

/// Only the version, to say which one it is when the rest cannot be read.
#[derive(Deserialize)]
struct VersionJson {
    version: u64,
}

pub(super) fn parse(text: &str) -> Result<Keystore, InvalidKeystore> {
    let file: KeystoreJson = serde_json::from_str(text).map_err(|_| refusal_of(text))?;
    if file.version != VERSION {
        return Err(InvalidKeystore::Version(file.version));
    }
    let crypto = file.crypto;
    if crypto.cipher != CIPHER {
        return Err(unsupported(&crypto.cipher));
    }
    let ciphertext = bytes(&crypto.ciphertext, "ciphertext")?;
    if ciphertext.is_empty() || ciphertext.len() > SECRET_KEY_LENGTH {
        return Err(InvalidKeystore::Field("ciphertext"));
    }
    Ok(Keystore {
        address: file
            .address
            .map(|address| address_of(&address))
            .transpose()?,
        derivation: derivation_of(&crypto.kdf, crypto.kdfparams)?,
        id: file.id.chars().take(ID_LENGTH_MAX).collect(),
        iv: array(&crypto.cipherparams.iv, "initialisation vector")?,
        ciphertext,
        mac: array(&crypto.mac, "checksum")?,
    })
}

fn refusal_of(text: &str) -> InvalidKeystore {
    match serde_json::from_str::<VersionJson>(text) {
        Ok(VersionJson { version }) if version != VERSION => InvalidKeystore::Version(version),
        _ => InvalidKeystore::NotAKeystore,
    }
}

fn derivation_of(
    kdf: &str,
    parameters: DerivationParametersJson,
) -> Result<KeyDerivation, InvalidKeystore> {
    if parameters.dklen != DERIVED_KEY_LENGTH as u64 {
        return Err(InvalidKeystore::Unsupported(format!(
            "a derived key of {} bytes",
            parameters.dklen
        )));
    }
    let salt = bytes(&parameters.salt, "salt")?;
    match (kdf, parameters) {
        (
            "pbkdf2",
            DerivationParametersJson {
                c: Some(iterations),
                prf,
                ..
            },
        ) => match prf.as_deref() {
            Some(PRF) => Ok(KeyDerivation::pbkdf2(salt, iterations)?),
            Some(other) => Err(unsupported(other)),
            None => Err(InvalidKeystore::Field("key derivation")),
        },
        (
            "scrypt",
            DerivationParametersJson {
                n: Some(n),
                r: Some(r),
                p: Some(p),
                ..
            },
        ) => Ok(KeyDerivation::scrypt(salt, n, r, p)?),
        ("pbkdf2" | "scrypt", _) => Err(InvalidKeystore::Field("key derivation")),
        (other, _) => Err(unsupported(other)),
    }
}

fn unsupported(name: &str) -> InvalidKeystore {
    InvalidKeystore::Unsupported(
        name.chars()
            .filter(char::is_ascii_graphic)
            .take(32)
            .collect(),
    )
}

/// Key files write addresses in lower case and without `0x`; some programs differ.
fn address_of(text: &str) -> Result<types::WalletAddress, InvalidKeystore> {
    let digits = text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
    format!("0x{digits}")
        .parse()
        .map_err(|_| InvalidKeystore::Field("address"))
}

fn bytes(text: &str, field: &'static str) -> Result<Vec<u8>, InvalidKeystore> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| InvalidKeystore::Field(field))
}

fn array<const N: usize>(text: &str, field: &'static str) -> Result<[u8; N], InvalidKeystore> {
    bytes(text, field)?
        .try_into()
        .map_err(|_| InvalidKeystore::Field(field))
}

impl KeystoreJson {
    pub(super) fn of(keystore: &Keystore) -> Self {
        let (kdf, kdfparams) = match keystore.derivation.parameters() {
            Parameters::Pbkdf2 { salt, iterations } => (
                "pbkdf2",
                DerivationParametersJson {
                    c: Some(*iterations),
                    prf: Some(PRF.to_owned()),
                    ..parameters_with(salt)
                },
            ),
            Parameters::Scrypt { salt, n, r, p } => (
                "scrypt",
                DerivationParametersJson {
                    n: Some(*n),
                    r: Some(*r),
                    p: Some(*p),
                    ..parameters_with(salt)
                },
            ),
        };
        Self {
            address: keystore.address.map(|address| hex::encode(address.0)),
            crypto: CryptoJson {
                cipher: CIPHER.to_owned(),
                cipherparams: CipherParametersJson {
                    iv: hex::encode(keystore.iv),
                },
                ciphertext: hex::encode(&keystore.ciphertext),
                kdf: kdf.to_owned(),
                kdfparams,
                mac: hex::encode(keystore.mac),
            },
            id: keystore.id.clone(),
            version: VERSION,
        }
    }

    /// Text and numbers only, which always have a JSON form.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn parameters_with(salt: &[u8]) -> DerivationParametersJson {
    DerivationParametersJson {
        dklen: DERIVED_KEY_LENGTH as u64,
        salt: hex::encode(salt),
        ..Default::default()
    }
}
