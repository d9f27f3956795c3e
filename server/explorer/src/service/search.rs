//! What a text may mean.

use alloy_primitives::B256;
use types::WalletAddress;
use types::address::InvalidAddress;
use types::explorer::{BlockHash, SearchHit, SearchResults, TransactionLookup};

use super::label::token_label;
use super::{Explorer, Result};
use crate::convert::{address, transaction_hash};
use crate::limits::{HASH_PREFIX_DIGITS_MIN, SEARCH_CHARS_MAX, SUGGESTIONS_MAX};
use crate::store::BytesRange;

impl Explorer {
    /// What a text may mean, the likeliest first, at most [`SUGGESTIONS_MAX`]: a block's number, a
    /// hash or address or the beginning of one, the beginning of a token's or contract's name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn search(&self, text: &str) -> Result<SearchResults> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > SEARCH_CHARS_MAX {
            return Ok(SearchResults::default());
        }
        let mut results = SearchResults::default();
        match text.parse::<WalletAddress>() {
            Ok(found) => {
                let party = self
                    .inner
                    .labels(vec![address(found)])
                    .await?
                    .party(address(found));
                results.hits.push(SearchHit::Address { party });
                return Ok(results);
            }
            Err(problem @ InvalidAddress::Checksum) => results.note = Some(problem.to_string()),
            Err(InvalidAddress::Shape) => {}
        }
        if let Ok(hash) = text.parse::<B256>() {
            results.hits.extend(self.by_hash(hash).await?);
            return Ok(results);
        }
        results.hits.extend(self.by_number(text).await?);
        results.hits.extend(self.by_name(text).await?);
        results.hits.extend(self.by_beginning(text).await?);
        results.hits.truncate(SUGGESTIONS_MAX);
        Ok(results)
    }

    async fn by_hash(&self, hash: B256) -> Result<Option<SearchHit>> {
        let store = &self.inner.store;
        if let Some(row) = store.transaction(hash).await? {
            return Ok(Some(SearchHit::Transaction {
                hash: transaction_hash(hash),
                block: row.block_number,
            }));
        }
        if let Some(block) = store.block_by_hash(hash).await? {
            return Ok(Some(SearchHit::Block {
                number: block.number,
                hash: BlockHash(hash.0),
            }));
        }
        let hash = transaction_hash(hash);
        Ok(
            match self.inner.waiting_transaction(B256::from(hash.0)).await? {
                TransactionLookup::Pending(_) => Some(SearchHit::PendingTransaction { hash }),
                TransactionLookup::NotIndexed { block } => {
                    Some(SearchHit::Transaction { hash, block })
                }
                TransactionLookup::Mined(_) | TransactionLookup::Unknown => None,
            },
        )
    }

    async fn by_number(&self, text: &str) -> Result<Option<SearchHit>> {
        let digits = text.trim_start_matches('#').replace([',', '_'], "");
        let Ok(number) = digits.parse::<u64>() else {
            return Ok(None);
        };
        let hash = self.inner.store.block_hash(number).await?;
        Ok(hash.map(|hash| SearchHit::Block {
            number,
            hash: BlockHash(hash.0),
        }))
    }

    async fn by_name(&self, text: &str) -> Result<Vec<SearchHit>> {
        let start = text.to_lowercase();
        let inner = &self.inner;
        let tokens = inner.store.tokens_named(&start, SUGGESTIONS_MAX).await?;
        let contracts = inner
            .contracts
            .named(inner.chain_id(), &start, SUGGESTIONS_MAX)
            .await?;
        let labels = inner.labels(contracts.clone()).await?;
        let mut hits: Vec<SearchHit> = tokens
            .iter()
            .map(|token| SearchHit::Token {
                token: token_label(token),
            })
            .collect();
        let is_token = |address| tokens.iter().any(|token| token.address == address);
        hits.extend(
            contracts
                .into_iter()
                .filter(|address| !is_token(*address))
                .map(|address| SearchHit::Address {
                    party: labels.party(address),
                }),
        );
        Ok(hits)
    }

    async fn by_beginning(&self, text: &str) -> Result<Vec<SearchHit>> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() < HASH_PREFIX_DIGITS_MIN {
            return Ok(Vec::new());
        }
        let store = &self.inner.store;
        let mut hits = Vec::new();
        if let Some(range) = BytesRange::of(digits, 20) {
            let accounts = store.accounts_in(&range, SUGGESTIONS_MAX).await?;
            let labels = self.inner.labels(accounts.clone()).await?;
            hits.extend(accounts.into_iter().map(|address| SearchHit::Address {
                party: labels.party(address),
            }));
        }
        if let Some(range) = BytesRange::of(digits, 32) {
            for (block, hash) in store.transactions_in(&range, SUGGESTIONS_MAX).await? {
                let hash = transaction_hash(hash);
                hits.push(SearchHit::Transaction { hash, block });
            }
            for (number, hash) in store.blocks_in(&range, SUGGESTIONS_MAX).await? {
                let hash = BlockHash(hash.0);
                hits.push(SearchHit::Block { number, hash });
            }
        }
        Ok(hits)
    }
}
