//! Throw-away databases: each test runs on SQLite, and on PostgreSQL when
//! `LEDGERCLOUD_TEST_POSTGRES` names a server (as `./test.sh` does).

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use types::UserId;

/// A fresh database with the newest schema; its files go when it is dropped.
pub struct TestDatabase {
    pub connection: DatabaseConnection,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

/// One fresh database of each kind that is available.
///
/// # Panics
/// When a database cannot be made: a test cannot go on without.
#[allow(clippy::expect_used, clippy::missing_panics_doc)]
pub async fn databases() -> Vec<TestDatabase> {
    let mut databases = vec![sqlite().await];
    if let Ok(server) = std::env::var("LEDGERCLOUD_TEST_POSTGRES") {
        databases.push(postgres(&server).await);
    }
    databases
}

/// One fresh index of the explorer of each kind that is available. Its `connection` is the
/// index's; on PostgreSQL the program's own tables are in the same database.
///
/// # Panics
/// When a database cannot be made: a test cannot go on without.
#[allow(clippy::expect_used, clippy::missing_panics_doc)]
pub async fn explorer_databases() -> Vec<(TestDatabase, TestDatabase)> {
    let mut pairs = Vec::new();
    for database in databases().await {
        let is_sqlite = crate::is_sqlite(&database.connection);
        let folder = is_sqlite.then(|| tempfile::tempdir().expect("a temporary folder"));
        let url = match &folder {
            Some(folder) => format!(
                "sqlite://{}?mode=rwc",
                folder.path().join("index.db").display()
            ),
            None => database.url.clone(),
        };
        let connection = crate::open_explorer(&url).await.expect("a fresh index");
        pairs.push((
            TestDatabase {
                connection,
                url,
                _folder: folder,
            },
            database,
        ));
    }
    pairs
}

/// A fresh SQLite database.
#[allow(clippy::expect_used)]
pub async fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("test.db").display()
    );
    let connection = crate::open(&url).await.expect("a fresh SQLite database");
    TestDatabase {
        connection,
        url,
        _folder: Some(folder),
    }
}

#[allow(clippy::expect_used)]
async fn postgres(server: &str) -> TestDatabase {
    let name = format!("test_{}", UserId::generate());
    let administration = Database::connect(format!("{server}/postgres"))
        .await
        .expect("the PostgreSQL server");
    administration
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a fresh database");
    let url = format!("{server}/{name}");
    let connection = crate::open(&url)
        .await
        .expect("a fresh PostgreSQL database");
    TestDatabase {
        connection,
        url,
        _folder: None,
    }
}
