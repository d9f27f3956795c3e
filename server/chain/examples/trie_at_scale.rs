//! How long the trie takes for a block of 10,000 transfers, which touches 20,000 accounts, as the
//! state grows: `cargo run --release -p chain --example trie_at_scale`.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    time::Instant,
};

use alloy_primitives::{B256, keccak256};
use chain::trie::{Change, MemoryTrie, MissingNode, update, update_on_threads};

const TOUCHED: usize = 20_000;
const ROUNDS: u64 = 5;
const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// An account with no code and no storage: RLP of a nonce, a balance and two hashes.
const ACCOUNT_BYTES: usize = 78;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "accounts  build ms  one thread ms  two threads ms  apply ms  stems changed"
    )?;
    for accounts in [10_000, 100_000, 1_000_000] {
        let row = measure(accounts).map_err(io::Error::other)?;
        writeln!(out, "{row}")?;
    }
    Ok(())
}

fn measure(accounts: u64) -> Result<String, MissingNode> {
    let mut trie = MemoryTrie::default();
    let genesis = changes(0..accounts, 0);
    let start = Instant::now();
    let built = update(&trie, &genesis)?;
    trie.apply(built, genesis);
    let build_ms = milliseconds(start);

    let mut best = [f64::INFINITY; 3];
    let mut stems = 0;
    for round in 1..=ROUNDS {
        let touched = (0..TOUCHED as u64).map(|number| spread(number + (round << 32)) % accounts);
        let changes = changes(touched, round);
        let start = Instant::now();
        let sequential = update(&trie, &changes)?;
        best[0] = best[0].min(milliseconds(start));

        let start = Instant::now();
        let parallel = update_on_threads(&trie, &changes, TWO)?;
        best[1] = best[1].min(milliseconds(start));
        assert_eq!(parallel.root, sequential.root);

        stems = parallel.stems.len();
        let start = Instant::now();
        trie.apply(parallel, changes);
        best[2] = best[2].min(milliseconds(start));
    }
    let [one, two, apply] = best;
    Ok(format!(
        "{accounts:8}  {build_ms:8.1}  {one:13.1}  {two:14.1}  {apply:8.1}  {stems:13}"
    ))
}

/// New values for the accounts of these numbers, sorted by key as an update takes them.
fn changes(accounts: impl Iterator<Item = u64>, round: u64) -> Vec<Change> {
    let mut changes: Vec<Change> = accounts
        .map(|number| {
            let key: B256 = keccak256(number.to_be_bytes());
            let mut value = vec![0xa5; ACCOUNT_BYTES];
            value[..8].copy_from_slice(&round.to_be_bytes());
            (key, Some(value))
        })
        .collect();
    changes.sort_unstable_by_key(|change| change.0);
    changes.dedup_by_key(|change| change.0);
    changes
}

/// A number that is as good as random (the finaliser of splitmix64), so that runs are alike.
fn spread(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}
