//! What the operator does on the command line of the machine, without signing in.

use types::account::Role;
use types::admin::{UserQuery, UserRow};
use types::audit::Actor;
use types::{ErrorCode, Page, Timestamp, UserId, WalletAddress};

use super::request::Entry;
use super::{Identity, Result};
use crate::IdentityError;
use crate::admission::AdmittedBy;
use crate::secret::{generate_secret, hash_secret};
use crate::store::directory::{self, Scope};
use crate::store::setup::{self, SetupAuthority};
use crate::store::user::{self, User};
use crate::store::{audit, begin_write, lock_people};
use crate::user_name::UserName;

/// How a person is named on the command line: by user name or wallet address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    Name(String),
    Wallet(WalletAddress),
}

impl std::str::FromStr for Selector {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match text.parse() {
            Ok(address) => Self::Wallet(address),
            Err(_) => Self::Name(text.to_lowercase()),
        })
    }
}

impl Identity {
    /// The table of users, as an administrator sees it.
    ///
    /// # Errors
    /// `bad_request` for a page that does not exist.
    pub async fn list_users(&self, query: &UserQuery) -> Result<Page<UserRow>> {
        directory::page(self.database(), &Scope::Everyone, query, self.now()).await
    }

    /// Makes somebody administrator. A wallet that nobody has yet gets an account.
    ///
    /// # Errors
    /// `not_found` for an unknown name.
    pub async fn make_administrator(&self, who: &Selector) -> Result<UserId> {
        let now = self.now();
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        if let Some(user) = find(&transaction, who).await? {
            let entry = system_entry("user.role", user.id);
            self.change_role(transaction, user.id, Role::Administrator, entry)
                .await?;
            return Ok(user.id);
        }
        let Selector::Wallet(address) = who else {
            return Err(no_such(who));
        };
        let user = new_administrator(*address, now);
        if user::find_by_name(&transaction, &user.name)
            .await?
            .is_some()
        {
            return Err(IdentityError::refused(
                ErrorCode::NameTaken,
                "another account has this address as its name",
            ));
        }
        user::insert(&transaction, &user, &[*address]).await?;
        user::insert_wallet(&transaction, user.id, *address, now).await?;
        let change = serde_json::json!({"name": user.name, "role": user.role.as_str()});
        let entry = system_entry("user.create", user.id).change(&change);
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        Ok(user.id)
    }

    /// Shuts an account. A program that serves the same database notices within seconds.
    ///
    /// # Errors
    /// `not_found`, `bad_request` for the last administrator.
    pub async fn suspend_user(&self, who: &Selector) -> Result<UserId> {
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let user = find(&transaction, who).await?.ok_or_else(|| no_such(who))?;
        let entry = system_entry("user.suspend", user.id);
        self.shut(transaction, user.id, entry).await?;
        Ok(user.id)
    }

    /// Opens a suspended account again.
    ///
    /// # Errors
    /// `not_found` for an unknown name.
    pub async fn reinstate_user(&self, who: &Selector) -> Result<UserId> {
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let user = find(&transaction, who).await?.ok_or_else(|| no_such(who))?;
        let entry = system_entry("user.reinstate", user.id);
        self.reopen(transaction, user.id, entry).await?;
        Ok(user.id)
    }

    /// Makes a new one-time link that makes whoever signs in with it administrator, whether or not
    /// there is one: the operator's way back in. Links made before end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reset_setup_link(&self) -> Result<String> {
        let now = self.now();
        let secret = generate_secret();
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        setup::replace(
            &transaction,
            &hash_secret(&secret),
            SetupAuthority::Operator,
            now,
        )
        .await?;
        let entry = Entry::by(command_line(), String::new(), "setup.reset", "setup");
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        Ok(secret)
    }
}

fn command_line() -> Actor {
    Actor::system("command line")
}

fn system_entry(action: &'static str, user_id: UserId) -> Entry {
    Entry::by(
        command_line(),
        String::new(),
        action,
        format!("user:{user_id}"),
    )
}

async fn find(connection: &impl sea_orm::ConnectionTrait, who: &Selector) -> Result<Option<User>> {
    match who {
        Selector::Name(name) => user::find_by_name(connection, name).await,
        Selector::Wallet(address) => user::find_by_wallet(connection, *address).await,
    }
}

fn new_administrator(address: WalletAddress, now: Timestamp) -> User {
    User {
        id: UserId::generate(),
        name: UserName::of_wallet(address).into_string(),
        display_name: address.to_short(),
        email: None,
        role: Role::Administrator,
        profile: None,
        admitted_by: AdmittedBy::Person,
        created_at: now,
        last_seen_at: None,
        suspended_at: None,
        expires_at: None,
    }
}

fn no_such(who: &Selector) -> IdentityError {
    let text = match who {
        Selector::Name(name) => crate::capped::capped(name),
        Selector::Wallet(address) => address.to_string(),
    };
    IdentityError::refused(ErrorCode::NotFound, format!("there is no user {text}"))
}
