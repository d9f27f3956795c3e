//! The pages of tokens.

use alloy_primitives::map::{HashMap, HashSet};
use alloy_primitives::{Address, B256, U256, hex};
use types::explorer::{
    TokenBalance, TokenHolder, TokenInstance, TokenKind, TokenLabel, TokenSummary, TokenTransfer,
};
use types::{Page, PageRequest, WalletAddress};

use super::blocks::moment;
use super::label::token_label;
use super::{Explorer, Inner, Result};
use crate::convert::{address, amount, transaction_hash, wallet};
use crate::store::{Cursor, Slice, StoredToken, StoredTransfer};

impl Explorer {
    /// Tokens, those with most holders first.
    ///
    /// # Errors
    /// The page's key is not one of ours, or the database does not answer.
    pub async fn tokens(&self, page: &PageRequest) -> Result<Page<TokenSummary>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .tokens(after.as_ref(), page.limit())
            .await?;
        let next = slice.next(|token| Cursor::write(&[&token.holders, &token.address]));
        Ok(Page {
            items: slice.rows.iter().map(summary).collect(),
            next,
        })
    }

    /// One token; none when the address is not one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn token(&self, of: WalletAddress) -> Result<Option<TokenSummary>> {
        Ok(self
            .inner
            .store
            .token(address(of))
            .await?
            .as_ref()
            .map(summary))
    }

    /// Movements of all tokens, newest first.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn latest_token_transfers(&self, page: &PageRequest) -> Result<Page<TokenTransfer>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .transfers(after.as_ref(), page.limit())
            .await?;
        self.inner.transfer_page(slice).await
    }

    /// Movements of a token, newest first.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn token_transfers(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenTransfer>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .token_transfers(address(of), after.as_ref(), page.limit())
            .await?;
        self.inner.transfer_page(slice).await
    }

    /// Movements of tokens from or to an address, newest first.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn address_token_transfers(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenTransfer>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .address_transfers(address(of), after.as_ref(), page.limit())
            .await?;
        self.inner.transfer_page(slice).await
    }

    /// What an address holds: for each token the sum, then its instances.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn address_tokens(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenBalance>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .holdings(address(of), after.as_ref(), page.limit())
            .await?;
        let next =
            slice.next(|row| Cursor::write(&[&row.token, &hex::encode_prefixed(&row.id_bytes)]));
        let tokens = self
            .inner
            .token_labels(slice.rows.iter().map(|row| row.token).collect())
            .await?;
        let items = slice.rows.iter().map(|row| TokenBalance {
            token: label_of(&tokens, row.token),
            token_id: row.token_id().map(amount),
            amount: amount(row.amount),
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    /// Owners of a token, those with most first.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn token_holders(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenHolder>> {
        let store = &self.inner.store;
        let Some(token) = store.token(address(of)).await? else {
            return Ok(Page::default());
        };
        let after = Cursor::of(page);
        let slice = store
            .holders(token.address, after.as_ref(), page.limit())
            .await?;
        let next = slice.next(|row| Cursor::write(&[&B256::from(row.amount), &row.owner]));
        let labels = self
            .inner
            .labels(slice.rows.iter().map(|row| row.owner).collect())
            .await?;
        let items = slice.rows.iter().map(|row| TokenHolder {
            party: labels.party(row.owner),
            amount: amount(row.amount),
            share_millionths: share_millionths(row.amount, token.supply),
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    /// Instances of an ERC-721 or ERC-1155 token with their owners, by number.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub async fn token_instances(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenInstance>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .instances(address(of), after.as_ref(), page.limit())
            .await?;
        let next =
            slice.next(|row| Cursor::write(&[&hex::encode_prefixed(&row.id_bytes), &row.owner]));
        let labels = self
            .inner
            .labels(slice.rows.iter().map(|row| row.owner).collect())
            .await?;
        let items = slice.rows.iter().map(|row| TokenInstance {
            token_id: amount(row.token_id().unwrap_or_default()),
            owner: labels.party(row.owner),
            amount: amount(row.amount),
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }
}

impl Inner {
    async fn transfer_page(&self, slice: Slice<StoredTransfer>) -> Result<Page<TokenTransfer>> {
        let next = slice.next(|row| Cursor::write(&[&row.block_number, &row.log_index, &row.part]));
        let items = self.transfer_views(&slice.rows).await?;
        Ok(Page { items, next })
    }

    pub(super) async fn transfer_views(
        &self,
        rows: &[StoredTransfer],
    ) -> Result<Vec<TokenTransfer>> {
        let sides = rows.iter().flat_map(|row| [row.sender, row.recipient]);
        let labels = self.labels(sides.collect()).await?;
        let tokens = self
            .token_labels(rows.iter().map(|row| row.token).collect())
            .await?;
        Ok(rows
            .iter()
            .map(|row| TokenTransfer {
                transaction: transaction_hash(row.transaction),
                moment: moment(row.block_number, row.timestamp),
                log_index: row.log_index,
                token: label_of(&tokens, row.token),
                from: labels.party(row.sender),
                to: labels.party(row.recipient),
                amount: amount(row.amount),
                token_id: row.token_id.map(amount),
            })
            .collect())
    }

    async fn token_labels(&self, tokens: Vec<Address>) -> Result<HashMap<Address, TokenLabel>> {
        let tokens: HashSet<Address> = tokens.into_iter().collect();
        let tokens = self
            .store
            .tokens_among(tokens.into_iter().collect())
            .await?;
        let label = |token: &StoredToken| (token.address, token_label(token));
        Ok(tokens.iter().map(label).collect())
    }
}

/// Every token that moved is in the index; one that a reorganisation took meanwhile has no names.
fn label_of(tokens: &HashMap<Address, TokenLabel>, token: Address) -> TokenLabel {
    tokens.get(&token).cloned().unwrap_or(TokenLabel {
        address: wallet(token),
        kind: TokenKind::Erc20,
        name: None,
        symbol: None,
        decimals: None,
    })
}

fn summary(token: &StoredToken) -> TokenSummary {
    // What the contract says counts; the sum of its events stands in for a contract that is silent.
    let supply = token.total_supply.unwrap_or(token.supply);
    TokenSummary {
        token: token_label(token),
        total_supply: Some(amount(supply)),
        holders: token.holders,
        transfers: token.transfers,
    }
}

fn share_millionths(part: U256, whole: U256) -> u32 {
    const MILLION: u32 = 1_000_000;
    if whole.is_zero() {
        return 0;
    }
    // Both are shortened alike, so that the product stays below 2^256.
    let shift = (part.max(whole).bit_len()).saturating_sub(200);
    let share = (part >> shift) * U256::from(MILLION) / (whole >> shift).max(U256::ONE);
    share.try_into().unwrap_or(MILLION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_for_any_size() {
        for (part, whole, share) in [
            (U256::ZERO, U256::ZERO, 0),
            (U256::ONE, U256::from(3), 333_333),
            (U256::MAX, U256::MAX, 1_000_000),
            (U256::MAX >> 1, U256::MAX, 499_999),
        ] {
            assert_eq!(share_millionths(part, whole), share, "{part} of {whole}");
        }
    }
}
