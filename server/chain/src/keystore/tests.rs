use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use alloy_primitives::{B256, address};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Deserialize;
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-21 18:55:24.123456789 UTC);
const LIGHT: DerivationChoice = DerivationChoice::ScryptLight;

fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn key() -> SecretKey {
    SecretKey::from_hex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318").unwrap()
}

#[derive(Deserialize)]
struct Vector {
    json: Value,
    password: String,
    #[serde(rename = "priv")]
    secret: String,
}

/// Those of the Web3 Secret Storage definition, and geth's with keys of fewer than 32 bytes.
#[test]
fn the_published_vectors_open() {
    let vectors: BTreeMap<String, Vector> = serde_json::from_str(include_str!(
        "../../testdata/keystore/web3_secret_storage_v3.json"
    ))
    .unwrap();
    assert_eq!(vectors.len(), 4);
    for (name, vector) in vectors {
        let file = KeyFile::parse(&vector.json.to_string()).unwrap();
        let opened = file.decrypt(&vector.password).unwrap();
        let expected = format!("{:0>64}", vector.secret);
        assert_eq!(hex::encode(*opened.to_bytes()), expected, "{name}");
        assert_eq!(KeyFile::parse(&file.to_json()).unwrap(), file, "{name}");
    }
}

/// A file of another program, with `address` and a passphrase beyond ASCII.
#[test]
fn a_file_of_eth_account_opens() {
    let text = include_str!("../../testdata/keystore/eth_account.json");
    let file = KeyFile::parse(text).unwrap();
    let opened = file.decrypt("Grüße aus 東京!").unwrap();
    assert_eq!(opened.to_bytes(), key().to_bytes());
    assert_eq!(file.address(), Some(key().address()));
    let refusal = file.decrypt("Grüße aus 東京").unwrap_err();
    assert!(matches!(refusal, KeystoreError::WrongPassphrase));
    // What we write back has the same members and values.
    let (ours, theirs): (Value, Value) = (
        serde_json::from_str(&file.to_json()).unwrap(),
        serde_json::from_str(&text.replace(
            "2c7536E3605D9C16a7a3D7b1898e529396a65c23",
            "2c7536e3605d9c16a7a3d7b1898e529396a65c23",
        ))
        .unwrap(),
    );
    assert_eq!(ours, theirs);
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
    let none = "this is not a key file: it must be JSON in the Web3 Secret Storage format";
    let missing = "the key file is damaged: a part is missing or of the wrong kind";
    let impossible = "the key file is damaged: its key derivation has impossible parameters";
    let costly = "opening this key file would need more memory or time than is allowed";
    for (pointer, value, expected) in [
        (
            "/version",
            json!(1),
            "this is a key file of version 1; only version 3 can be read",
        ),
        ("/version", json!("3"), none),
        ("/crypto", json!(null), none),
        (
            "/crypto/cipher",
            json!("aes-256-gcm"),
            "the key file uses aes-256-gcm, which is not supported",
        ),
        (
            "/crypto/cipher",
            json!("<b>\u{202e}\u{1b}[x"),
            "the key file uses <b>[x, which is not supported",
        ),
        (
            "/crypto/cipherparams/iv",
            json!("00"),
            "the key file is damaged: its initialisation vector is not 16 bytes",
        ),
        (
            "/crypto/ciphertext",
            json!(""),
            "the key file is damaged: its ciphertext is not as long as a private key",
        ),
        (
            "/crypto/ciphertext",
            json!("00".repeat(33)),
            "the key file is damaged: its ciphertext is not as long as a private key",
        ),
        (
            "/crypto/ciphertext",
            json!("xyz"),
            "the key file is damaged: its ciphertext is not hexadecimal",
        ),
        (
            "/crypto/mac",
            json!("00"),
            "the key file is damaged: its checksum is not 32 bytes",
        ),
        (
            "/crypto/kdf",
            json!("argon2id"),
            "the key file uses argon2id, which is not supported",
        ),
        ("/crypto/kdf", json!("scrypt"), missing),
        (
            "/crypto/kdfparams/prf",
            json!("hmac-sha512"),
            "the key file uses hmac-sha512, which is not supported",
        ),
        ("/crypto/kdfparams/prf", json!(null), missing),
        (
            "/crypto/kdfparams/dklen",
            json!(64),
            "the key file uses a derived key of 64 bytes, which is not supported",
        ),
        (
            "/crypto/kdfparams/salt",
            json!("q"),
            "the key file is damaged: its salt is not hexadecimal",
        ),
        ("/crypto/kdfparams/c", json!(0), impossible),
        ("/crypto/kdfparams/c", json!(4_000_000_000_u32), costly),
    ] {
        let mut file = valid();
        *file.pointer_mut(pointer).unwrap() = value;
        let refusal = KeyFile::parse(&file.to_string()).unwrap_err();
        assert_eq!(refusal.to_string(), expected, "{pointer}");
    }
    let too_long = " ".repeat(FILE_LENGTH_MAX as usize + 1);
    for text in ["", "{}", "[]", too_long.as_str()] {
        assert_eq!(KeyFile::parse(text).unwrap_err().to_string(), none);
    }
}

#[test]
fn costly_and_impossible_parameters_are_refused() {
    let scrypt = |n, r, p| KeyDerivation::scrypt(vec![], n, r, p);
    for result in [
        KeyDerivation::pbkdf2(vec![0; 257], 1),
        scrypt(0, 8, 1),
        scrypt(1, 8, 1),
        scrypt(1_000, 8, 1),
        scrypt(1_024, 0, 1),
        scrypt(1_024, 8, 0),
    ] {
        assert!(matches!(result, Err(KeystoreError::Damaged(_))));
    }
    for result in [
        KeyDerivation::pbkdf2(vec![], 10_000_001),
        scrypt(1 << 20, 8, 1),
        scrypt(2, u32::MAX, u32::MAX),
        scrypt(1 << 18, 8, 8),
        scrypt(2, 1, u32::MAX),
    ] {
        assert!(matches!(result, Err(KeystoreError::TooCostly)));
    }
    for (n, r, p) in [(1 << 18, 8, 1), (1 << 18, 1, 8), (1 << 12, 8, 6)] {
        assert!(scrypt(n, r, p).is_ok(), "geth's, and the definition's");
    }
}

#[test]
fn the_spellings_of_other_programs_are_read() {
    let plain = KeyFile::parse(&valid().to_string()).unwrap();
    let mut file = valid();
    let crypto = file.as_object_mut().unwrap().remove("crypto").unwrap();
    file["Crypto"] = crypto;
    file["Crypto"]["cipherparams"]["iv"] = json!("0x6087DAB2F9FDBBFADDC31A909735C1E6");
    file["x-extra"] = json!({});
    assert_eq!(KeyFile::parse(&file.to_string()).unwrap(), plain);
}

/// The checksum does not cover these two; the address shows it.
#[test]
fn an_altered_file_is_told_from_a_wrong_passphrase() {
    let sealed = KeyFile::encrypt(&key(), "right", LIGHT, &mut random(1)).unwrap();
    let is_damaged =
        |file: KeyFile| matches!(file.decrypt("right"), Err(KeystoreError::Damaged(_)));
    let mut file = sealed.clone();
    file.iv[3] ^= 1;
    assert!(is_damaged(file));
    let mut file = sealed.clone();
    file.address = Some(Address::ZERO);
    assert!(is_damaged(file));
    assert!(!is_damaged(sealed));
}

#[test]
fn keys_sign_and_have_addresses() {
    let key = key();
    assert_eq!(
        key.address(),
        address!("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23")
    );
    let hash = B256::repeat_byte(7);
    let signature = key.sign(hash);
    let signer = alloy_consensus::crypto::secp256k1::recover_signer(&signature, hash);
    assert_eq!(signer.unwrap(), key.address());
    let shown = format!("{key:?}");
    assert_eq!(
        shown,
        "SecretKey(of 0x2c7536E3605D9C16a7a3D7b1898e529396a65c23)"
    );
    for digits in [
        "",
        "0x",
        "00",
        &"00".repeat(32),
        &"ff".repeat(32),
        &"0g".repeat(32),
    ] {
        assert_eq!(SecretKey::from_hex(digits).err(), Some(InvalidSecretKey));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_kept_and_found() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/keystore");
    let keystore = Keystore::open(&folder).unwrap();
    assert_eq!(keystore.list().unwrap(), []);
    let stored = keystore
        .import(&key(), "secret", LIGHT, NOW, &mut random(1))
        .unwrap();
    let name = "UTC--2026-11-21T18-55-24.123456789Z--2c7536e3605d9c16a7a3d7b1898e529396a65c23";
    assert_eq!(stored.path, folder.join(name));
    assert_eq!((mode(&folder), mode(&stored.path)), (0o700, 0o600));
    let created = keystore
        .create("other", LIGHT, NOW, &mut random(2))
        .unwrap();
    let reopened = Keystore::open(&folder).unwrap();
    let mut both = vec![stored.clone(), created.clone()];
    both.sort();
    assert_eq!(reopened.list().unwrap(), both);
    let opened = reopened.decrypt(stored.address, "secret").unwrap();
    assert_eq!(opened.to_bytes(), key().to_bytes());
    let opened = reopened.decrypt(created.address, "other").unwrap();
    assert_eq!(opened.address(), created.address);
    let refusal = reopened.decrypt(created.address, "secret").unwrap_err();
    assert!(matches!(refusal, KeystoreError::WrongPassphrase));
    let refusal = reopened.decrypt(Address::ZERO, "secret").unwrap_err();
    assert!(matches!(refusal, KeystoreError::NotFound(Address::ZERO)));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing unfinished is left");
}

#[test]
fn no_key_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let keystore = Keystore::open(folder.path()).unwrap();
    let stored = keystore
        .import(&key(), "first", LIGHT, NOW, &mut random(1))
        .unwrap();
    let content = fs::read(&stored.path).unwrap();
    let refusal = keystore
        .import(&key(), "second", LIGHT, NOW, &mut random(2))
        .unwrap_err();
    assert!(matches!(refusal, KeystoreError::AlreadyStored { .. }));
    let refusal = write_new(&stored.path, b"other").unwrap_err();
    assert_eq!(refusal.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&stored.path).unwrap(), content);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_files_of_others_are_listed_and_damaged_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let keystore = Keystore::open(folder.path()).unwrap();
    let eth_account = include_str!("../../testdata/keystore/eth_account.json");
    fs::write(folder.path().join("mine.json"), eth_account).unwrap();
    fs::write(folder.path().join("readme.txt"), "no key").unwrap();
    fs::write(folder.path().join(".hidden"), eth_account).unwrap();
    fs::create_dir(folder.path().join("inner")).unwrap();
    let listed = keystore.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].address, key().address());

    let named = folder.path().join(format!("UTC--x--{}", "11".repeat(20)));
    let address = Address::repeat_byte(0x11);
    for (content, text) in [
        (
            &b"\xff\xfe"[..],
            "this is not a key file: it must be JSON in the Web3 Secret Storage format",
        ),
        (
            &b"{\"version\":3,\"crypto\":{\"kdf\":\"scrypt\"}}"[..],
            "the key file is damaged: a part is missing or of the wrong kind",
        ),
        (
            &[b' '; 20_000][..],
            "this is not a key file: it must be JSON in the Web3 Secret Storage format",
        ),
    ] {
        fs::write(&named, content).unwrap();
        let refusal = keystore.decrypt(address, "").unwrap_err();
        assert_eq!(refusal.to_string(), text);
    }
    let text = eth_account.replace(
        "  \"address\": \"2c7536E3605D9C16a7a3D7b1898e529396a65c23\",\n",
        "",
    );
    fs::write(&named, text).unwrap();
    let refusal = keystore.decrypt(address, "Grüße aus 東京!").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the key file is damaged: it holds another key than it names"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is locked opens again with the same passphrase and with no other.
    #[test]
    fn locked_keys_open_again(secret in prop::array::uniform32(1_u8..255), passphrase in "\\PC{0,24}", seed: u64) {
        let secret = SecretKey::from_bytes(&secret).unwrap();
        let sealed = KeyFile::encrypt(&secret, &passphrase, LIGHT, &mut random(seed)).unwrap();
        let read = KeyFile::parse(&sealed.to_json()).unwrap();
        prop_assert_eq!(&read, &sealed);
        prop_assert_eq!(read.decrypt(&passphrase).unwrap().to_bytes(), secret.to_bytes());
        let refusal = read.decrypt(&format!("{passphrase}.")).unwrap_err();
        prop_assert!(matches!(refusal, KeystoreError::WrongPassphrase));
    }

    /// A changed byte of the locked key or of its checksum is noticed.
    #[test]
    fn a_changed_file_does_not_open(position in 0_usize..64, flip in 1_u8..) {
        let mut sealed = KeyFile::encrypt(&key(), "x", LIGHT, &mut random(9)).unwrap();
        match position.checked_sub(32) {
            None => sealed.ciphertext[position] ^= flip,
            Some(position) => sealed.mac[position] ^= flip,
        }
        prop_assert!(matches!(sealed.decrypt("x"), Err(KeystoreError::WrongPassphrase)));
    }
}

proptest! {
    /// No text makes the reader panic.
    #[test]
    fn hostile_files_are_refused(text in "\\PC{0,200}") {
        prop_assert!(KeyFile::parse(&text).is_err());
    }
}
