//! PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2).

use hmac::digest::Key;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::{DERIVED_KEY_LENGTH, Progress, permille};

type HmacSha256 = Hmac<Sha256>;

/// One block of output (32 bytes), which is all that key files need.
pub(super) struct Pbkdf2 {
    keyed: HmacSha256,
    last: Zeroizing<[u8; DERIVED_KEY_LENGTH]>,
    sum: Zeroizing<[u8; DERIVED_KEY_LENGTH]>,
    done: u32,
    iterations: u32,
}

impl Pbkdf2 {
    pub(super) fn new(passphrase: &[u8], salt: &[u8], iterations: u32) -> Self {
        let keyed = keyed_by(passphrase);
        let first = first_of_block(&keyed, salt, 1);
        Self {
            keyed,
            last: first.clone(),
            sum: first,
            done: 1,
            iterations,
        }
    }

    pub(super) fn advance(&mut self, steps: u32) -> Progress {
        let target = self.done.saturating_add(steps).min(self.iterations);
        while self.done < target {
            *self.last = self
                .keyed
                .clone()
                .chain_update(*self.last)
                .finalize()
                .into_bytes()
                .into();
            for (sum, byte) in self.sum.iter_mut().zip(self.last.iter()) {
                *sum ^= byte;
            }
            self.done += 1;
        }
        if self.done < self.iterations {
            let permille = permille(u64::from(self.done), u64::from(self.iterations));
            return Progress::Running { permille };
        }
        Progress::Done(self.sum.clone())
    }
}

/// Any length of output after a single iteration, as scrypt needs it.
pub(super) fn fill_once(passphrase: &[u8], salt: &[u8], output: &mut [u8]) {
    let keyed = keyed_by(passphrase);
    for (index, chunk) in (1_u32..).zip(output.chunks_mut(DERIVED_KEY_LENGTH)) {
        let block = first_of_block(&keyed, salt, index);
        for (target, byte) in chunk.iter_mut().zip(block.iter()) {
            *target = *byte;
        }
    }
}

/// HMAC hashes a key that is longer than a block of SHA-256 and pads a shorter one with zeros
/// (RFC 2104 §2); done here, any passphrase is a key.
fn keyed_by(passphrase: &[u8]) -> HmacSha256 {
    let mut key = Key::<HmacSha256>::default();
    if passphrase.len() > key.len() {
        key[..DERIVED_KEY_LENGTH].copy_from_slice(&Sha256::digest(passphrase));
    } else {
        key[..passphrase.len()].copy_from_slice(passphrase);
    }
    let keyed = <HmacSha256 as Mac>::new(&key);
    key.zeroize();
    keyed
}

fn first_of_block(
    keyed: &HmacSha256,
    salt: &[u8],
    index: u32,
) -> Zeroizing<[u8; DERIVED_KEY_LENGTH]> {
    let bytes = keyed
        .clone()
        .chain_update(salt)
        .chain_update(index.to_be_bytes())
        .finalize()
        .into_bytes();
    Zeroizing::new(bytes.into())
}
