//! Which unprivileged account a user's sandboxes run as.
//!
//! Root gives each user a numeric id that nobody else on the host has; it needs no entry in
//! `/etc/passwd`. The table is kept, because files in homes carry the number.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use types::UserId;

use super::file::write_atomically;

/// Above every range that distributions and systemd give out ("Users, Groups, UIDs and GIDs on
/// systemd systems"), below 2^31 which some programs treat as negative.
pub(crate) const ACCOUNT_IDS: Range<u32> = 1_900_000_000..1_901_000_000;

/// A user id and the group id of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account(pub(crate) u32);

/// The table of a data directory.
#[derive(Debug)]
pub(crate) struct Accounts {
    file: PathBuf,
    ids: Range<u32>,
    given: Mutex<BTreeMap<UserId, u32>>,
}

impl Accounts {
    /// # Errors
    /// If the table is there but cannot be read.
    pub(crate) fn open(file: &Path, ids: Range<u32>) -> io::Result<Self> {
        let given = match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            file: file.to_owned(),
            ids,
            given: Mutex::new(given),
        })
    }

    /// The user's account: the same until it is transferred.
    ///
    /// # Errors
    /// If the table cannot be written, or every id is taken.
    pub(crate) fn account_of(&self, user_id: UserId) -> io::Result<Account> {
        let mut given = self.given.lock();
        if let Some(id) = given.get(&user_id) {
            return Ok(Account(*id));
        }
        let taken: BTreeSet<u32> = given.values().copied().collect();
        let id = free_id(user_id, &self.ids, &taken)
            .ok_or_else(|| io::Error::other("every account id of the configured range is taken"))?;
        let mut changed = given.clone();
        changed.insert(user_id, id);
        self.store(&mut given, changed)?;
        Ok(Account(id))
    }

    /// Gives the account of one to another, who loses their own; the first has none any more.
    pub(crate) fn transfer(&self, from: UserId, to: UserId) -> io::Result<()> {
        let mut given = self.given.lock();
        let mut changed = given.clone();
        if let Some(id) = changed.remove(&from) {
            changed.insert(to, id);
        }
        self.store(&mut given, changed)
    }

    /// Frees the account of somebody who has no files.
    pub(crate) fn forget(&self, user_id: UserId) -> io::Result<()> {
        let mut given = self.given.lock();
        let mut changed = given.clone();
        changed.remove(&user_id);
        self.store(&mut given, changed)
    }

    /// What is not on the disk is not given.
    fn store(
        &self,
        given: &mut BTreeMap<UserId, u32>,
        changed: BTreeMap<UserId, u32>,
    ) -> io::Result<()> {
        if *given != changed {
            write_atomically(&self.file, &serde_json::to_vec_pretty(&changed)?)?;
            *given = changed;
        }
        Ok(())
    }
}

/// The first free id at or after the one that the user's own id points to.
fn free_id(user_id: UserId, ids: &Range<u32>, taken: &BTreeSet<u32>) -> Option<u32> {
    let size = ids.end.checked_sub(ids.start).filter(|size| *size > 0)?;
    let digest = Sha256::digest(user_id.to_string().as_bytes());
    let offset = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % size;
    (0..size)
        .map(|step| ids.start + (offset + step) % size)
        .find(|id| !taken.contains(id))
}

/// Ids that this process can give away: all of the default range if the host maps them, else the
/// upper half of the largest range that it does map (inside a container).
pub(crate) fn mapped_ids(uid_map: &str) -> Option<Range<u32>> {
    let extents: Vec<Range<u64>> = uid_map
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace().map(str::parse::<u64>);
            let (inside, _outside, length) =
                (fields.next()?.ok()?, fields.next()?, fields.next()?.ok()?);
            Some(inside..inside + length)
        })
        .collect();
    let holds = |extent: &Range<u64>| {
        extent.start <= u64::from(ACCOUNT_IDS.start) && u64::from(ACCOUNT_IDS.end) <= extent.end
    };
    if extents.iter().any(holds) {
        return Some(ACCOUNT_IDS);
    }
    let largest = extents
        .into_iter()
        .max_by_key(|extent| extent.end - extent.start)?;
    let half = (largest.end - largest.start) / 2;
    // Fewer would collide with the accounts of the container itself.
    const IDS_MIN: u64 = 1_000;
    if half < IDS_MIN {
        return None;
    }
    Some(u32::try_from(largest.start + half).ok()?..u32::try_from(largest.end).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_kept_and_never_shared() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accounts.json");
        let users: Vec<UserId> = (0..8).map(|_| UserId::generate()).collect();
        let first = Accounts::open(&file, 100..108).unwrap();
        let given: Vec<Account> = users
            .iter()
            .map(|user| first.account_of(*user).unwrap())
            .collect();
        let distinct: BTreeSet<u32> = given.iter().map(|account| account.0).collect();
        assert_eq!(distinct, (100..108).collect());
        assert!(
            first.account_of(UserId::generate()).is_err(),
            "the range is used up"
        );

        let second = Accounts::open(&file, 100..108).unwrap();
        let again: Vec<Account> = users
            .iter()
            .map(|user| second.account_of(*user).unwrap())
            .collect();
        assert_eq!(given, again);
    }

    #[test]
    fn an_account_changes_hands_for_good() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accounts.json");
        let accounts = Accounts::open(&file, 100..200).unwrap();
        let (spare, user) = (UserId::generate(), UserId::generate());
        accounts.account_of(user).unwrap();
        let account = accounts.account_of(spare).unwrap();
        accounts.transfer(spare, user).unwrap();
        let again = Accounts::open(&file, 100..200).unwrap();
        assert_eq!(again.account_of(user).unwrap(), account);
        assert_ne!(again.account_of(spare).unwrap(), account);
        again.forget(spare).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
    }

    #[test]
    fn a_broken_table_is_an_error_and_not_a_fresh_start() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accounts.json");
        std::fs::write(&file, "{").unwrap();
        assert!(Accounts::open(&file, 1..2).is_err());
    }

    #[test]
    fn ids_come_from_what_the_host_maps() {
        for (map, ids) in [
            ("         0          0 4294967295\n", Some(ACCOUNT_IDS)),
            ("0 100000 65536\n", Some(32_768..65_536)),
            ("0 1000 1\n", None),
            ("", None),
        ] {
            assert_eq!(mapped_ids(map), ids, "{map:?}");
        }
    }

    proptest! {
        #[test]
        fn a_free_id_is_in_the_range_and_free(
            start in 1_u32..1_000_000,
            taken in proptest::collection::btree_set(0_u32..64, 0..63),
        ) {
            let taken: BTreeSet<u32> = taken.into_iter().map(|id| id + start).collect();
            let ids = start..start + 64;
            let id = free_id(UserId::generate(), &ids, &taken);
            prop_assert!(id.is_some_and(|id| ids.contains(&id) && !taken.contains(&id)));
        }
    }
}
