//! Random secrets, and the hashes under which the database knows them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};

/// Random bytes of a link's secret: far beyond guessing, so that a plain hash protects it.
const SECRET_BYTES: usize = 32;
/// Characters of a nonce; EIP-4361 asks for at least 8, 62^24 leaves no room for guessing.
const NONCE_CHARS: usize = 24;

/// A new secret for a link or a flow: 43 URL-safe characters.
pub(crate) fn generate_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; SECRET_BYTES]>())
}

/// A new nonce: 24 letters and digits.
pub(crate) fn generate_nonce() -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(NONCE_CHARS)
        .map(char::from)
        .collect()
}

/// SHA-256 of a high-entropy secret, lower-case hexadecimal.
pub(crate) fn hash_secret(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_repeat() {
        let (first, second) = (generate_secret(), generate_secret());
        assert_ne!(first, second);
        assert_eq!(first.len(), 43);
        assert_ne!(hash_secret(&first), hash_secret(&second));
        let nonce = generate_nonce();
        assert_eq!(nonce.len(), NONCE_CHARS);
        assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
