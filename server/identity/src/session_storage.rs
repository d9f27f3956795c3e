//! Where tower-sessions keeps its sessions: our own table, which knows each only by the hash of
//! its secret.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DatabaseConnection;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::{SessionStore, session_store};
use types::{SessionKey, Timestamp};

use crate::IdentityError;
use crate::clock::Clock;
use crate::secret::hash_secret;
use crate::service::session_cache::SessionCache;
use crate::store::entity::sessions;
use crate::store::session::{self, Which};

/// How long an anonymous session lasts after something was last kept in it.
const ANONYMOUS_TTL_MS: i64 = 60 * 60 * 1_000;
/// Bytes of what one session keeps.
const DATA_BYTES_MAX: usize = 16 * 1_024;
/// Secrets that are tried until one is free; even the first is taken once in 2^64 sessions or so.
const COLLISIONS_MAX: usize = 8;

/// For `tower_sessions::SessionManagerLayer::new`. Cheap to clone.
///
/// A session is written when something is kept in it, not before; a cookie with an unknown secret
/// makes no session. Who is signed in is not part of the data that requests read and write, so
/// that a late answer to an old request cannot bring an ended session back.
#[derive(Debug, Clone)]
pub struct SessionStorage {
    pub(crate) database: DatabaseConnection,
    pub(crate) cache: Arc<SessionCache>,
    pub(crate) clock: Clock,
}

/// The name by which the database knows a session's secret.
pub(crate) fn hash_of(id: Id) -> String {
    hash_secret(&id.to_string())
}

#[async_trait]
impl SessionStore for SessionStorage {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let now = self.clock.now();
        let data = encode(record)?;
        for _ in 0..COLLISIONS_MAX {
            let row = anonymous(hash_of(record.id), data.clone(), now);
            if session::insert(&self.database, row).await.map_err(failed)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(session_store::Error::Backend(
            "no session secret is free".to_owned(),
        ))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let expires_at = self.clock.now().plus_ms(ANONYMOUS_TTL_MS);
        session::save_data(
            &self.database,
            &hash_of(record.id),
            encode(record)?,
            expires_at,
        )
        .await
        .map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row = session::load(&self.database, &hash_of(*id), self.clock.now())
            .await
            .map_err(failed)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let data = serde_json::from_str(&row.data)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(row.expires_at / 1_000)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let ended = session::delete(&self.database, Which::Secret(&hash_of(*id)))
            .await
            .map_err(failed)?;
        self.cache.end(&ended);
        Ok(())
    }
}

fn anonymous(id_hash: String, data: String, now: Timestamp) -> sessions::Model {
    let expires_at = now.plus_ms(ANONYMOUS_TTL_MS).0;
    sessions::Model {
        id_hash,
        key: SessionKey::generate().to_string(),
        data,
        user_id: None,
        method: String::new(),
        wallet: None,
        identity_id: None,
        ip: String::new(),
        user_agent: String::new(),
        created_at: now.0,
        signed_in_at: None,
        last_seen_at: now.0,
        expires_at,
        // A day of unfinished sign-ins is enough for anyone.
        absolute_expires_at: now.plus_ms(24 * ANONYMOUS_TTL_MS).0,
    }
}

fn encode(record: &Record) -> session_store::Result<String> {
    let data = serde_json::to_string(&record.data)
        .map_err(|error| session_store::Error::Encode(error.to_string()))?;
    if data.len() > DATA_BYTES_MAX {
        return Err(session_store::Error::Encode(format!(
            "a session keeps at most {DATA_BYTES_MAX} bytes"
        )));
    }
    Ok(data)
}

fn failed(error: IdentityError) -> session_store::Error {
    let cause = match error {
        IdentityError::Database(error) => error.to_string(),
        other => other.to_string(),
    };
    session_store::Error::Backend(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrations::testing::databases;
    use sea_orm::{EntityTrait, PaginatorTrait};
    use std::collections::HashMap;
    use tower_sessions::Session;

    fn storage(database: &DatabaseConnection) -> SessionStorage {
        SessionStorage {
            database: database.clone(),
            cache: Arc::new(SessionCache::new()),
            clock: Clock::system(),
        }
    }

    fn record(id: Id) -> Record {
        Record {
            id,
            data: HashMap::from([("a".to_owned(), 1.into())]),
            expiry_date: OffsetDateTime::now_utc(),
        }
    }

    async fn rows(database: &DatabaseConnection) -> u64 {
        sessions::Entity::find().count(database).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_kept_is_read_back_and_the_secret_is_not_in_the_table() {
        for database in databases().await {
            let storage = storage(&database.connection);
            let mut kept = record(Id::default());
            storage.create(&mut kept).await.unwrap();
            let loaded = storage.load(&kept.id).await.unwrap().unwrap();
            assert_eq!(loaded.data, kept.data);
            let row = sessions::Entity::find()
                .one(&database.connection)
                .await
                .unwrap()
                .unwrap();
            assert!(!format!("{row:?}").contains(&kept.id.to_string()));
            storage.delete(&kept.id).await.unwrap();
            assert!(storage.load(&kept.id).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn a_taken_secret_is_replaced() {
        for database in databases().await {
            let storage = storage(&database.connection);
            let mut first = record(Id(7));
            storage.create(&mut first).await.unwrap();
            let mut second = record(Id(7));
            storage.create(&mut second).await.unwrap();
            assert_eq!(first.id, Id(7));
            assert_ne!(second.id, Id(7));
            assert_eq!(rows(&database.connection).await, 2);
        }
    }

    #[tokio::test]
    async fn a_deleted_session_does_not_come_back() {
        for database in databases().await {
            let storage = storage(&database.connection);
            let mut kept = record(Id::default());
            storage.create(&mut kept).await.unwrap();
            storage.delete(&kept.id).await.unwrap();
            storage.save(&kept).await.unwrap();
            assert!(storage.load(&kept.id).await.unwrap().is_none());
            assert_eq!(rows(&database.connection).await, 0);
        }
    }

    #[tokio::test]
    async fn nothing_is_written_for_a_visitor_who_keeps_nothing() {
        for database in databases().await {
            let store = Arc::new(storage(&database.connection));
            let session = Session::new(None, store.clone(), None);
            assert_eq!(session.get::<String>("x").await.unwrap(), None);
            assert!(!session.is_modified());
            // A cookie that an attacker made up is not adopted.
            let forged = Session::new(Some(Id(99)), store.clone(), None);
            forged.insert("x", 1).await.unwrap();
            forged.save().await.unwrap();
            assert_ne!(forged.id(), Some(Id(99)));
            assert!(store.load(&Id(99)).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn a_session_keeps_a_bounded_amount() {
        let database = migrations::testing::sqlite().await;
        let mut large = record(Id::default());
        large
            .data
            .insert("b".to_owned(), "x".repeat(DATA_BYTES_MAX).into());
        assert!(
            storage(&database.connection)
                .create(&mut large)
                .await
                .is_err()
        );
    }
}
