//! Names for addresses, looked up once for a whole page.

use std::sync::Arc;

use alloy_json_abi::JsonAbi;
use alloy_primitives::map::{HashMap, HashSet};
use alloy_primitives::{Address, Bytes, keccak256};
use serde_json::json;
use types::explorer::{Party, TokenLabel};

use super::{Inner, Result};
use crate::answer::read;
use crate::convert::wallet;
use crate::limits::INTERFACES_CACHED_MAX;
use crate::store::{ContractRow, StoredToken};

/// What is known of some addresses.
#[derive(Debug, Default)]
pub(super) struct Labels {
    names: HashMap<Address, String>,
    contracts: HashSet<Address>,
}

impl Labels {
    pub(super) fn party(&self, address: Address) -> Party {
        Party {
            address: wallet(address),
            name: self.names.get(&address).cloned(),
            is_contract: self.contracts.contains(&address),
        }
    }
}

impl Inner {
    /// Names of addresses: a verified contract's, else a token's symbol.
    pub(super) async fn labels(&self, addresses: Vec<Address>) -> Result<Labels> {
        let addresses: HashSet<Address> = addresses.into_iter().collect();
        let wanted = || addresses.iter().copied().collect::<Vec<_>>();
        let (contracts, tokens, names) = tokio::try_join!(
            self.store.contracts_among(wanted()),
            self.store.tokens_among(wanted()),
            self.contracts.names_among(self.chain_id(), wanted()),
        )?;
        let mut labels = Labels {
            contracts,
            ..Labels::default()
        };
        for token in tokens {
            labels.contracts.insert(token.address);
            if let Some(symbol) = token.symbol {
                labels.names.insert(token.address, symbol);
            }
        }
        for (address, name) in names {
            labels.contracts.insert(address);
            labels.names.insert(address, name);
        }
        Ok(labels)
    }

    pub(super) fn chain_id(&self) -> u64 {
        self.status.borrow().chain_id.unwrap_or_default()
    }

    /// The interface that someone gave for each of the addresses, if its code is still the same:
    /// a development chain begun anew puts other contracts at the same addresses.
    pub(super) async fn interfaces(
        &self,
        addresses: Vec<Address>,
    ) -> Result<HashMap<Address, Arc<JsonAbi>>> {
        let mut found = HashMap::default();
        let mut unknown = HashSet::<Address>::default();
        {
            let cached = self.interfaces.lock();
            for address in addresses {
                match cached.get(&address) {
                    Some(Some(abi)) => drop(found.insert(address, Arc::clone(abi))),
                    Some(None) => {}
                    None => drop(unknown.insert(address)),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let rows = self
            .contracts
            .rows_among(self.chain_id(), unknown.iter().copied().collect())
            .await?;
        let mut read: HashMap<Address, Option<Arc<JsonAbi>>> =
            unknown.into_iter().map(|address| (address, None)).collect();
        for row in rows {
            let Ok(code) = self.code(row.address).await else {
                // The node is away: what we do not know is not remembered.
                read.remove(&row.address);
                continue;
            };
            let abi = interface_of(&row).filter(|_| keccak256(&code) == row.code_hash);
            if let Some(abi) = &abi {
                found.insert(row.address, Arc::clone(abi));
            }
            read.insert(row.address, abi);
        }
        let mut cached = self.interfaces.lock();
        if cached.len() + read.len() > INTERFACES_CACHED_MAX {
            cached.clear();
        }
        cached.extend(read);
        Ok(found)
    }

    /// The interface of one address.
    pub(super) async fn interface(&self, address: Address) -> Result<Option<Arc<JsonAbi>>> {
        Ok(self.interfaces(vec![address]).await?.remove(&address))
    }

    /// The code of an address at the newest block.
    pub(super) async fn code(&self, address: Address) -> Result<Bytes> {
        const METHOD: &str = "eth_getCode";
        let answer = self
            .node
            .request(METHOD, json!([address, "latest"]))
            .await?;
        Ok(read(METHOD, answer)?)
    }
}

fn interface_of(row: &ContractRow) -> Option<Arc<JsonAbi>> {
    serde_json::from_str(&row.abi).ok().map(Arc::new)
}

pub(super) fn token_label(token: &StoredToken) -> TokenLabel {
    TokenLabel {
        address: wallet(token.address),
        kind: token.kind,
        name: token.name.clone(),
        symbol: token.symbol.clone(),
        decimals: token.decimals,
    }
}
