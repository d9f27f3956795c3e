//! scrypt (RFC 7914).

use zeroize::{Zeroize, Zeroizing};

use super::pbkdf2::fill_once;
use super::{DERIVED_KEY_LENGTH, DerivationRefused, Progress, permille};

/// Words of 32 bits in a block of Salsa20/8.
const SALSA_WORDS: usize = 16;
const SALSA_BYTES: usize = 64;
/// Blocks of Salsa20/8 that take about as long as one iteration of PBKDF2 (two compressions of
/// SHA-256), memory access included.
const SALSAS_PER_STEP: u64 = 4;

type SalsaBlock = [u32; SALSA_WORDS];

/// The memory-hard mixing of `p` blocks, one after another.
pub(super) struct Scrypt {
    passphrase: Zeroizing<Vec<u8>>,
    /// `p` blocks of 128 · r bytes each.
    blocks: Zeroizing<Vec<u8>>,
    /// The table V of ROMix: `n` rows.
    table: Vec<SalsaBlock>,
    /// The block X that is being mixed.
    current: Vec<SalsaBlock>,
    scratch: Vec<SalsaBlock>,
    n: usize,
    /// Salsa blocks in a row: 2 · r.
    width: usize,
    /// Rounds done, of 2 · n for each of the `p` blocks.
    done: u64,
    all: u64,
}

impl Scrypt {
    /// The parameters are within the bounds of [`super::KeyDerivation::scrypt`].
    pub(super) fn new(
        passphrase: &[u8],
        salt: &[u8],
        n: u32,
        r: u32,
        p: u32,
    ) -> Result<Self, DerivationRefused> {
        let (n, width) = (n as usize, 2 * r as usize);
        let mut table = Vec::new();
        table
            .try_reserve_exact(n * width)
            .map_err(|_| DerivationRefused::TooCostly)?;
        table.resize(n * width, [0; SALSA_WORDS]);
        let mut blocks = Zeroizing::new(vec![0_u8; p as usize * width * SALSA_BYTES]);
        fill_once(passphrase, salt, &mut blocks);
        Ok(Self {
            passphrase: Zeroizing::new(passphrase.to_vec()),
            blocks,
            table,
            current: vec![[0; SALSA_WORDS]; width],
            scratch: vec![[0; SALSA_WORDS]; width],
            n,
            width,
            done: 0,
            all: 2 * n as u64 * u64::from(p),
        })
    }

    pub(super) fn advance(&mut self, steps: u32) -> Progress {
        let rounds = (u64::from(steps) * SALSAS_PER_STEP / self.width as u64).max(1);
        let target = self.done.saturating_add(rounds).min(self.all);
        while self.done < target {
            self.round();
            self.done += 1;
        }
        if self.done < self.all {
            return Progress::Running {
                permille: permille(self.done, self.all),
            };
        }
        let mut key = Zeroizing::new([0_u8; DERIVED_KEY_LENGTH]);
        fill_once(&self.passphrase, &self.blocks, key.as_mut_slice());
        Progress::Done(key)
    }

    /// One round of ROMix (§5): the first `n` of a block write the table, the other `n` read it
    /// in an order that depends on what was mixed so far.
    fn round(&mut self) {
        let rounds_per_block = 2 * self.n as u64;
        let block = (self.done / rounds_per_block) as usize;
        let round = (self.done % rounds_per_block) as usize;
        if round == 0 {
            self.load(block);
        }
        if round < self.n {
            self.table[round * self.width..][..self.width].copy_from_slice(&self.current);
        } else {
            let row = self.integerify();
            for (target, word) in self
                .current
                .iter_mut()
                .zip(&self.table[row * self.width..][..self.width])
            {
                xor(target, word);
            }
        }
        mix(&self.current, &mut self.scratch);
        std::mem::swap(&mut self.current, &mut self.scratch);
        if round == 2 * self.n - 1 {
            self.store(block);
        }
    }

    /// The last Salsa block as a number, modulo `n`, which is a power of two below 2³².
    fn integerify(&self) -> usize {
        self.current[self.width - 1][0] as usize & (self.n - 1)
    }

    fn load(&mut self, block: usize) {
        let bytes = self.blocks[block * self.width * SALSA_BYTES..].chunks_exact(4);
        for (word, bytes) in self.current.as_flattened_mut().iter_mut().zip(bytes) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }

    fn store(&mut self, block: usize) {
        let bytes = self.blocks[block * self.width * SALSA_BYTES..].chunks_exact_mut(4);
        for (word, bytes) in self.current.as_flattened().iter().zip(bytes) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
}

impl Drop for Scrypt {
    fn drop(&mut self) {
        self.table.as_flattened_mut().zeroize();
        self.current.as_flattened_mut().zeroize();
        self.scratch.as_flattened_mut().zeroize();
    }
}

/// scryptBlockMix (§4): even blocks of the result come first, then the odd ones.
fn mix(input: &[SalsaBlock], output: &mut [SalsaBlock]) {
    let half = input.len() / 2;
    let mut sum = input[input.len() - 1];
    for (index, block) in input.iter().enumerate() {
        xor(&mut sum, block);
        salsa20_8(&mut sum);
        output[index / 2 + (index % 2) * half] = sum;
    }
}

fn xor(target: &mut SalsaBlock, other: &SalsaBlock) {
    for (word, other) in target.iter_mut().zip(other) {
        *word ^= other;
    }
}

/// The core of Salsa20 with eight rounds (§3).
fn salsa20_8(block: &mut SalsaBlock) {
    let mut state = *block;
    for _ in 0..4 {
        for [a, b, c, d] in COLUMNS {
            quarter_round(&mut state, a, b, c, d);
        }
        for [a, b, c, d] in ROWS {
            quarter_round(&mut state, a, b, c, d);
        }
    }
    for (word, mixed) in block.iter_mut().zip(state) {
        *word = word.wrapping_add(mixed);
    }
}

const COLUMNS: [[usize; 4]; 4] = [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11]];
const ROWS: [[usize; 4]; 4] = [[0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]];

fn quarter_round(state: &mut SalsaBlock, a: usize, b: usize, c: usize, d: usize) {
    state[b] ^= state[a].wrapping_add(state[d]).rotate_left(7);
    state[c] ^= state[b].wrapping_add(state[a]).rotate_left(9);
    state[d] ^= state[c].wrapping_add(state[b]).rotate_left(13);
    state[a] ^= state[d].wrapping_add(state[c]).rotate_left(18);
}
