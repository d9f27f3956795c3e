//! People: users, their wallets and identities, groups, sessions, sign-ins under way, invitations
//! and the audit log.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(crate) struct Identity;

impl MigrationName for Identity {
    fn name(&self) -> &'static str {
        "m20261121_000001_identity"
    }
}

// The trait elides the manager's lifetime, and an implementation has to write it the same way.
#[allow(elided_lifetimes_in_paths)]
#[async_trait::async_trait]
impl MigrationTrait for Identity {
    /// All of it or nothing, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        // Names sort by code point on both databases, whatever the server's locale, so that
        // paging by name means the same everywhere and uses the index.
        let sortable = match connection.get_database_backend() {
            DbBackend::Postgres => "TEXT COLLATE \"C\"",
            _ => "TEXT",
        };
        for statement in UP {
            connection
                .execute_unprepared(&statement.replace("SORTABLE", sortable))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager
                .get_connection()
                .execute_unprepared(&format!("DROP TABLE {table}"))
                .await?;
        }
        Ok(())
    }
}

/// Each table after those that it refers to.
const TABLES: [&str; 13] = [
    "users",
    "user_wallets",
    "user_identities",
    "user_groups",
    "user_group_members",
    "sessions",
    "wallet_challenges",
    "oauth_flows",
    "invitations",
    "setup_links",
    "identity_guards",
    "audit_head",
    "audit_entries",
];

const UP: &[&str] = &[
    // `search` holds the lower-case texts by which a user is found, so that a search reads one
    // column. `last_seen_at` is 0 before the first sign-in, so that it can be a paging key.
    "CREATE TABLE users (
        id TEXT NOT NULL PRIMARY KEY,
        name SORTABLE NOT NULL UNIQUE,
        display_name TEXT NOT NULL,
        email TEXT,
        role TEXT NOT NULL,
        profile TEXT,
        admitted_by TEXT NOT NULL,
        search TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        last_seen_at BIGINT NOT NULL DEFAULT 0,
        suspended_at BIGINT,
        expires_at BIGINT
    )",
    "CREATE INDEX users_created ON users (created_at, id)",
    "CREATE INDEX users_last_seen ON users (last_seen_at, id)",
    "CREATE INDEX users_administrators ON users (id) WHERE role = 'administrator'",
    // Addresses are `0x` and 40 lower-case digits.
    "CREATE TABLE user_wallets (
        id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        address TEXT NOT NULL UNIQUE,
        linked_at BIGINT NOT NULL,
        last_used_at BIGINT
    )",
    "CREATE INDEX user_wallets_user ON user_wallets (user_id)",
    "CREATE TABLE user_identities (
        id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        provider TEXT NOT NULL,
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        email TEXT,
        linked_at BIGINT NOT NULL,
        last_used_at BIGINT,
        UNIQUE (issuer, subject)
    )",
    "CREATE INDEX user_identities_user ON user_identities (user_id)",
    "CREATE TABLE user_groups (
        id TEXT NOT NULL PRIMARY KEY,
        name SORTABLE NOT NULL UNIQUE,
        created_at BIGINT NOT NULL
    )",
    // `source` is empty for memberships given by people, `oauth:<provider>` for those that follow
    // a provider's group claim.
    "CREATE TABLE user_group_members (
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        group_id TEXT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
        is_manager BOOLEAN NOT NULL,
        source TEXT NOT NULL,
        PRIMARY KEY (user_id, group_id)
    )",
    "CREATE INDEX user_group_members_group ON user_group_members (group_id, user_id)",
    // The secret that opens a session is kept as its SHA-256 only.
    "CREATE TABLE sessions (
        id_hash TEXT NOT NULL PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        data TEXT NOT NULL,
        user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
        method TEXT NOT NULL,
        wallet TEXT,
        identity_id TEXT,
        ip TEXT NOT NULL,
        user_agent TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        signed_in_at BIGINT,
        last_seen_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        absolute_expires_at BIGINT NOT NULL
    )",
    "CREATE INDEX sessions_user ON sessions (user_id)",
    "CREATE INDEX sessions_expiry ON sessions (expires_at)",
    "CREATE TABLE wallet_challenges (
        nonce TEXT NOT NULL PRIMARY KEY,
        session_id_hash TEXT NOT NULL,
        purpose TEXT NOT NULL,
        user_id TEXT,
        address TEXT NOT NULL,
        chain_id BIGINT NOT NULL,
        message TEXT NOT NULL,
        issued_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        consumed_at BIGINT
    )",
    "CREATE INDEX wallet_challenges_expiry ON wallet_challenges (expires_at)",
    "CREATE TABLE oauth_flows (
        state_hash TEXT NOT NULL PRIMARY KEY,
        session_id_hash TEXT NOT NULL,
        provider TEXT NOT NULL,
        purpose TEXT NOT NULL,
        user_id TEXT,
        nonce TEXT NOT NULL,
        pkce_verifier TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        consumed_at BIGINT
    )",
    "CREATE INDEX oauth_flows_expiry ON oauth_flows (expires_at)",
    // With a `user_id`, the invitation opens that one account for a person who has no way to
    // sign in yet.
    "CREATE TABLE invitations (
        id TEXT NOT NULL PRIMARY KEY,
        secret_hash TEXT NOT NULL UNIQUE,
        note TEXT NOT NULL,
        role TEXT NOT NULL,
        group_names TEXT NOT NULL,
        user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
        uses_left BIGINT NOT NULL,
        created_by TEXT NOT NULL,
        created_by_name TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        revoked_at BIGINT
    )",
    "CREATE INDEX invitations_user ON invitations (user_id)",
    "CREATE TABLE setup_links (
        secret_hash TEXT NOT NULL PRIMARY KEY,
        authority TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT
    )",
    // Rows that transactions lock to run one after another where a rule spans several rows.
    "CREATE TABLE identity_guards (
        name TEXT NOT NULL PRIMARY KEY,
        version BIGINT NOT NULL
    )",
    "INSERT INTO identity_guards (name, version) VALUES ('people', 0)",
    // The last entry's number and hash; locked while entries are added.
    "CREATE TABLE audit_head (
        id BIGINT NOT NULL PRIMARY KEY,
        seq BIGINT NOT NULL,
        hash TEXT NOT NULL
    )",
    "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0,
        '0000000000000000000000000000000000000000000000000000000000000000')",
    // `about_user` only routes an entry to the person it concerns; the hash covers the rest.
    "CREATE TABLE audit_entries (
        seq BIGINT NOT NULL PRIMARY KEY,
        time BIGINT NOT NULL,
        request_id TEXT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id TEXT NOT NULL,
        actor_name TEXT NOT NULL,
        actor_session TEXT,
        actor_ip TEXT,
        action TEXT NOT NULL,
        target TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL,
        change TEXT NOT NULL,
        prev_hash TEXT NOT NULL,
        hash TEXT NOT NULL,
        about_user TEXT
    )",
    "CREATE INDEX audit_entries_actor ON audit_entries (actor_id, seq)",
    "CREATE INDEX audit_entries_target ON audit_entries (target, seq)",
    "CREATE INDEX audit_entries_about ON audit_entries (about_user, seq)",
];
