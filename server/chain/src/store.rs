//! The chain's database: one file, one writer, one atomic and durable commit for all that a block
//! or a reorganisation changes. Readers see the state after some commit, never between two.
//!
//! The state after the newest block is kept as it is; older states are what changed since,
//! looked up by key and block. Tries hold branches only: leaves are the state itself.

pub mod changed_keys;
mod commit;
pub mod log_tags;
pub mod tables;
pub mod view;

use std::path::Path;

use alloy_primitives::B256;
use redb::{Database, ReadableDatabase};

use crate::draft::Draft;
use crate::error::StoreError;
use tables::{FACT_GENESIS, FACT_LAYOUT, FACTS, LAYOUT};
use view::View;

/// Memory for pages of the file.
const CACHE_BYTES: usize = 192 << 20;

/// The chain's database.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Opens the database of the chain with this genesis, or begins it.
    ///
    /// # Errors
    /// The file is damaged, belongs to another chain or another version of this program, or is
    /// open elsewhere. Nothing is changed then.
    pub fn open(path: &Path, genesis: B256) -> Result<Self, StoreError> {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(|source| StoreError::Open {
                path: path.to_owned(),
                source: Box::new(source),
            })?;
        let store = Self { database };
        match store.fact(FACT_LAYOUT)? {
            None => store.begin(genesis)?,
            Some(layout) if layout == LAYOUT => {}
            Some(_) => {
                return Err(StoreError::ForeignLayout {
                    path: path.to_owned(),
                });
            }
        }
        let found = store.fact(FACT_GENESIS)?.unwrap_or_default();
        if found != genesis.as_slice() {
            return Err(StoreError::ForeignGenesis {
                path: path.to_owned(),
                expected: genesis,
                found: B256::try_from(found.as_slice()).unwrap_or_default(),
            });
        }
        Ok(store)
    }

    /// What is stored now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn view(&self) -> Result<View, StoreError> {
        View::open(&self.database.begin_read()?)
    }

    /// Writes everything or nothing. On return it is on the disk.
    ///
    /// # Errors
    /// The database cannot be written; nothing has changed.
    pub fn commit(&self, draft: &Draft) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        commit::write(draft, &transaction)?;
        transaction.commit()?;
        Ok(())
    }

    fn begin(&self, genesis: B256) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        commit::create_tables(&transaction)?;
        {
            let mut facts = transaction.open_table(FACTS)?;
            facts.insert(FACT_LAYOUT, LAYOUT)?;
            facts.insert(FACT_GENESIS, genesis.as_slice())?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn fact(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let transaction = self.database.begin_read()?;
        match transaction.open_table(FACTS) {
            Ok(facts) => Ok(facts.get(name)?.map(|value| value.value().to_vec())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
