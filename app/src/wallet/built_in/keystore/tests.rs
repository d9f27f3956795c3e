use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::derivation::Parameters;
use super::*;

#[derive(Deserialize)]
struct Vector {
    json: Value,
    password: String,
    #[serde(rename = "priv")]
    secret: String,
}

/// Files with scrypt are opened with another implementation of it: ours takes half a minute for
/// the published parameters when it is compiled without optimisation.
fn derive(keystore: &Keystore, passphrase: &str) -> DerivedKey {
    let ours = || {
        keystore
            .derivation
            .begin(passphrase.as_bytes())
            .unwrap()
            .finish()
    };
    let Parameters::Scrypt { salt, n, r, p } = keystore.derivation.parameters() else {
        return ours();
    };
    let log_n = u8::try_from(n.ilog2()).unwrap();
    // The other implementation refuses r = 1 with n = 2^18, which the published vectors have.
    let Ok(parameters) = ::scrypt::Params::new(log_n, *r, *p, 32) else {
        return ours();
    };
    let mut derived = Zeroizing::new([0; 32]);
    ::scrypt::scrypt(
        passphrase.as_bytes(),
        salt,
        &parameters,
        derived.as_mut_slice(),
    )
    .unwrap();
    derived
}

/// Checks that the file opens with the passphrase, to exactly that key.
fn check_opens(text: &str, passphrase: &str, secret: &str) {
    let keystore = Keystore::parse(text).unwrap();
    let mut derived = derive(&keystore, passphrase);
    let opened = keystore.open(&derived).unwrap();
    assert_eq!(hex::encode(*opened.to_bytes()), format!("{secret:0>64}"));
    derived[31] ^= 1;
    assert_eq!(
        keystore.open(&derived).err(),
        Some(OpenError::WrongPassphrase)
    );
    assert_eq!(Keystore::parse(&keystore.to_json()).unwrap(), keystore);
}

#[test]
fn the_published_vectors_open() {
    let vectors: BTreeMap<String, Vector> =
        serde_json::from_str(include_str!("../testdata/web3_secret_storage_v3.json")).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors.values() {
        check_opens(&vector.json.to_string(), &vector.password, &vector.secret);
    }
}

/// A file of another program, with `address` and a passphrase beyond ASCII.
#[test]
fn a_file_of_eth_account_opens() {
    let text = include_str!("../testdata/eth_account.json");
    check_opens(
        text,
        "Grüße aus 東京!",
        "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
    );
}

fn valid() -> Value {
    json!({
        "version": 3,
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": { "c": 2, "dklen": 32, "prf": "hmac-sha256", "salt": "ae3c" },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
        }
    })
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    use InvalidKeystore::{Derivation, Field, NotAKeystore, TooLarge, Unsupported, Version};
    let unsupported = |name: &str| Unsupported(name.to_owned());
    for (pointer, value, expected) in [
        ("/version", json!(1), Version(1)),
        ("/version", json!("3"), NotAKeystore),
        ("/crypto", json!(null), NotAKeystore),
        (
            "/crypto/cipher",
            json!("aes-256-gcm"),
            unsupported("aes-256-gcm"),
        ),
        ("/crypto/cipher", json!("<b>\u{202e}x"), unsupported("<b>x")),
        (
            "/crypto/cipherparams/iv",
            json!("00"),
            Field("initialisation vector"),
        ),
        ("/crypto/ciphertext", json!(""), Field("ciphertext")),
        (
            "/crypto/ciphertext",
            json!("00".repeat(33)),
            Field("ciphertext"),
        ),
        ("/crypto/ciphertext", json!("xyz"), Field("ciphertext")),
        ("/crypto/mac", json!("00"), Field("checksum")),
        ("/crypto/kdf", json!("argon2id"), unsupported("argon2id")),
        ("/crypto/kdf", json!("scrypt"), Field("key derivation")),
        (
            "/crypto/kdfparams/prf",
            json!("hmac-sha512"),
            unsupported("hmac-sha512"),
        ),
        (
            "/crypto/kdfparams/prf",
            json!(null),
            Field("key derivation"),
        ),
        (
            "/crypto/kdfparams/dklen",
            json!(64),
            unsupported("a derived key of 64 bytes"),
        ),
        ("/crypto/kdfparams/salt", json!("q"), Field("salt")),
        (
            "/crypto/kdfparams/c",
            json!(0),
            Derivation(DerivationRefused::Malformed),
        ),
        (
            "/crypto/kdfparams/c",
            json!(4_000_000_000_u32),
            Derivation(DerivationRefused::TooCostly),
        ),
    ] {
        let mut file = valid();
        *file.pointer_mut(pointer).unwrap() = value;
        assert_eq!(
            Keystore::parse(&file.to_string()),
            Err(expected),
            "{pointer}"
        );
    }
    assert_eq!(Keystore::parse(""), Err(NotAKeystore));
    assert_eq!(Keystore::parse(r#"{"version":2}"#), Err(Version(2)));
    assert_eq!(
        Keystore::parse(&" ".repeat(FILE_LENGTH_MAX + 1)),
        Err(TooLarge)
    );
}

#[test]
fn the_spellings_of_other_programs_are_read() {
    let plain = Keystore::parse(&valid().to_string()).unwrap();
    let mut file = valid();
    let crypto = file.as_object_mut().unwrap().remove("crypto").unwrap();
    file["Crypto"] = crypto;
    file["Crypto"]["cipherparams"]["iv"] = json!("0x6087DAB2F9FDBBFADDC31A909735C1E6");
    file["x-extra"] = json!({});
    assert_eq!(Keystore::parse(&file.to_string()).unwrap(), plain);

    let mut file = valid();
    file["address"] = json!("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
    assert!(
        Keystore::parse(&file.to_string())
            .unwrap()
            .address
            .is_some()
    );
    file["address"] = json!("nonsense");
    assert_eq!(
        Keystore::parse(&file.to_string()),
        Err(InvalidKeystore::Field("address"))
    );
}

#[test]
fn a_file_that_names_another_address_does_not_open() {
    let text = include_str!("../testdata/eth_account.json");
    let mut keystore = Keystore::parse(text).unwrap();
    keystore.address = Some(WalletAddress([7; 20]));
    let derived = derive(&keystore, "Grüße aus 東京!");
    assert_eq!(
        keystore.open(&derived).err(),
        Some(OpenError::AddressMismatch)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sealed opens again with the same derived key and with no other.
    #[test]
    fn sealed_keys_open_again(
        secret in prop::array::uniform32(1_u8..255),
        derived: [u8; 32],
        other: [u8; 32],
        salt: [u8; 32],
        iv: [u8; 16],
        id: [u8; 16],
    ) {
        let secret = SecretKey::from_bytes(&secret).unwrap();
        let derived = Zeroizing::new(derived);
        let sealed = Keystore::seal(&secret, &derived, &FileRandomness { salt, iv, id });
        let read = Keystore::parse(&sealed.to_json()).unwrap();
        prop_assert_eq!(&read, &sealed);
        prop_assert_eq!(*read.open(&derived).unwrap().to_bytes(), *secret.to_bytes());
        if other != *derived {
            prop_assert_eq!(read.open(&Zeroizing::new(other)).err(), Some(OpenError::WrongPassphrase));
        }
    }

    /// No text makes the reader panic.
    #[test]
    fn hostile_files_are_refused(text in "\\PC{0,200}") {
        prop_assert!(Keystore::parse(&text).is_err());
    }

    /// A changed byte of the locked key is noticed.
    #[test]
    fn a_changed_file_does_not_open(position in 0_usize..32, flip in 1_u8..=255) {
        let secret = SecretKey::from_bytes(&[1; 32]).unwrap();
        let derived = Zeroizing::new([2; 32]);
        let randomness = FileRandomness { salt: [3; 32], iv: [4; 16], id: [5; 16] };
        let mut sealed = Keystore::seal(&secret, &derived, &randomness);
        sealed.ciphertext[position] ^= flip;
        prop_assert_eq!(sealed.open(&derived).err(), Some(OpenError::WrongPassphrase));
    }
}
