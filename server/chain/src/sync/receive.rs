//! Takes in what peers push: cheap checks first, so that nonsense costs its sender more than us.

use std::time::Instant;

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Decodable, Header as RlpHeader};
use futures::future::join_all;
use tokio::task::spawn_blocking;

use super::clock::{unix_time_ms, unix_time_s};
use super::download::is_of_the_future;
use super::protocol::Head;
use super::session::Session;
use super::standing::Fault;
use super::{Inner, audit, measure};
use crate::block::Block;
use crate::clique;
use crate::error::StoreError;
use crate::service::{ImportError, SubmitError};
use crate::transaction::{self, Refusal, Transaction};

/// What a peer should not have sent.
#[derive(Debug)]
pub(super) struct Offence {
    pub(super) fault: Fault,
    pub(super) reason: String,
}

impl Offence {
    pub(super) fn new(fault: Fault, reason: impl std::fmt::Display) -> Self {
        Self {
            fault,
            reason: reason.to_string(),
        }
    }
}

/// Takes a pushed block in. One whose parent is missing makes us ask for what is between.
///
/// # Errors
/// What is wrong with it.
pub(super) async fn receive_block(
    inner: &Inner,
    session: &Session,
    rlp: Bytes,
) -> Result<(), Offence> {
    measure::received(1);
    let header = decode_header(&rlp).map_err(|error| {
        measure::rejected();
        Offence::new(Fault::Malformed, format!("a pushed block: {error}"))
    })?;
    let hash = header.hash_slow();
    session.known().insert(hash);
    let Some(_guard) = inner.begin_import(hash) else {
        measure::duplicate();
        return Ok(());
    };
    match relation_to(inner, hash, header.parent_hash) {
        Ok(Relation::Next) => {}
        Ok(Relation::Known) => {
            measure::duplicate();
            return Ok(());
        }
        Ok(Relation::Gap) => {
            measure::gap();
            inner.look_again(session);
            return Ok(());
        }
        Err(error) => {
            tracing::error!(%error, "a pushed block cannot be looked up");
            return Ok(());
        }
    }
    if let Err(error) = clique::recover_signer(&header) {
        measure::seal_rejected();
        measure::rejected();
        let reason = format!("block {} ({hash}) is invalid: {error}", header.number);
        return Err(Offence::new(Fault::InvalidBlock, reason));
    }
    measure::seals_validated(1);
    let chain = inner.chain.clone();
    let work = spawn_blocking(move || {
        let block = Block::decode(&rlp).map_err(|error| {
            measure::rejected();
            Offence::new(
                Fault::InvalidBlock,
                format!("block {} ({hash}): {error}", header.number),
            )
        })?;
        let now_s = unix_time_s();
        if is_of_the_future(&block, now_s) {
            measure::rejected();
            let ahead_s = block.header.timestamp - now_s;
            let reason = format!(
                "block {} ({hash}) is {ahead_s} s ahead of our clock",
                header.number
            );
            return Err(Offence::new(Fault::FutureBlock, reason));
        }
        let began = Instant::now();
        let blocks = std::slice::from_ref(&block);
        let result = chain.import(blocks, now_s);
        measure::imported(&chain, 1, began.elapsed(), &result);
        audit::imported(blocks, &result);
        match result {
            Ok(_) | Err(ImportError::UnknownParent { .. }) => Ok(()),
            Err(error @ ImportError::Invalid { .. }) => {
                Err(Offence::new(Fault::InvalidBlock, error))
            }
            Err(error) => {
                tracing::warn!(%error, "a pushed block is not taken in");
                Ok(())
            }
        }
    });
    // It fails when the program ends.
    work.await.unwrap_or(Ok(()))?;
    if let Ok(Some((header, total_difficulty))) = inner.chain.tip().view.header(&hash) {
        let head = Head {
            number: header.number,
            hash,
            total_difficulty,
        };
        session.peer.has_block(head, unix_time_ms());
    }
    Ok(())
}

/// How a block stands to those that are known.
enum Relation {
    Known,
    /// Its parent is known.
    Next,
    Gap,
}

fn relation_to(inner: &Inner, hash: B256, parent: B256) -> Result<Relation, StoreError> {
    let tip = inner.chain.tip();
    if tip.view.header(&hash)?.is_some() {
        return Ok(Relation::Known);
    }
    Ok(match tip.view.header(&parent)? {
        Some(_) => Relation::Next,
        None => Relation::Gap,
    })
}

/// The header alone; the rest of the block is not looked at.
fn decode_header(rlp: &[u8]) -> alloy_rlp::Result<Header> {
    let mut rest = rlp;
    let mut body = RlpHeader::decode_bytes(&mut rest, true)?;
    Header::decode(&mut body)
}

/// Takes pushed transactions into the mempool.
///
/// # Errors
/// One of them is none that a node can have taken.
pub(super) async fn receive_transactions(
    inner: &Inner,
    session: &Session,
    batch: Vec<Bytes>,
) -> Result<(), Offence> {
    let new = unknown(inner, session, batch);
    if new.is_empty() {
        return Ok(());
    }
    metrics::counter!("sync_transactions_received_total").increment(new.len() as u64);
    let decoded = spawn_blocking(move || {
        new.iter()
            .map(|raw| transaction::decode(raw))
            .collect::<Vec<_>>()
    });
    let mut offence = None;
    let mut transactions: Vec<Transaction> = Vec::new();
    for result in decoded.await.unwrap_or_default() {
        match result {
            Ok(transaction) => transactions.push(transaction),
            Err(refusal) => offence = offence.or(offence_of(&refusal)),
        }
    }
    // Polled in order, so that they enter the pool in the order of nonces; the disk is asked once.
    let submitted = transactions
        .into_iter()
        .map(|new| inner.chain.submit_decoded(new));
    for result in join_all(submitted).await {
        match result {
            Ok(_) => metrics::counter!("sync_transactions_accepted_total").increment(1),
            Err(SubmitError::Refused(refusal)) => {
                metrics::counter!("sync_transactions_refused_total").increment(1);
                offence = offence.or(offence_of(&refusal));
            }
            Err(error) => tracing::warn!(%error, "a peer's transaction was not taken"),
        }
    }
    offence.map_or(Ok(()), Err)
}

/// Those that are neither in the mempool nor on the chain. That the peer has them is remembered.
fn unknown(inner: &Inner, session: &Session, batch: Vec<Bytes>) -> Vec<Bytes> {
    let hashes: Vec<B256> = batch.iter().map(keccak256).collect();
    {
        let mut known = session.known();
        for hash in &hashes {
            known.insert(*hash);
        }
    }
    let tip = inner.chain.tip();
    let is_mined = |hash: &B256| matches!(tip.view.place_of(hash), Ok(Some(_)));
    let waits: Vec<bool> = inner.chain.with_mempool(|mempool| {
        hashes
            .iter()
            .map(|hash| mempool.get(hash).is_some())
            .collect()
    });
    let mut seen = alloy_primitives::map::B256Set::default();
    batch
        .into_iter()
        .zip(hashes.into_iter().zip(waits))
        .filter(|(_, (hash, waits))| !waits && !is_mined(hash) && seen.insert(*hash))
        .map(|(raw, _)| raw)
        .collect()
}

/// What is wrong with the transaction whatever the state of the pool that it came from.
fn offence_of(refusal: &Refusal) -> Option<Offence> {
    let is_offence = matches!(
        refusal,
        Refusal::Malformed(_)
            | Refusal::Oversized { .. }
            | Refusal::InvalidSignature
            | Refusal::HighS
            | Refusal::WrongChainId { .. }
            | Refusal::BlobTransaction
            | Refusal::CostOverflow
    );
    is_offence.then(|| {
        Offence::new(
            Fault::InvalidTransaction,
            format!("a pushed transaction: {refusal}"),
        )
    })
}
