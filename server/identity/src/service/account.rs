//! A person's own account.

use sea_orm::DatabaseTransaction;
use serde_json::json;
use types::account::Account;
use types::{ErrorCode, IdentityId, UserId, WalletId};

use super::{Identity, RequestContext, Result};
use crate::IdentityError;
use crate::store::session::{self, Which};
use crate::store::{audit, begin_write, group, lock_people, user};
use crate::user_name::display_name;

impl Identity {
    /// Everything about one account.
    ///
    /// # Errors
    /// `not_found` when there is no such user.
    pub async fn account(&self, user_id: UserId) -> Result<Account> {
        let user = user::find(self.database(), user_id)
            .await?
            .ok_or_else(no_user)?;
        Ok(Account {
            user_id,
            memberships: group::memberships(self.database(), &[user_id])
                .await?
                .remove(&user_id)
                .unwrap_or_default(),
            wallets: user::wallets(self.database(), user_id).await?,
            identities: user::identities(self.database(), user_id).await?,
            name: user.name,
            display_name: user.display_name,
            email: user.email,
            role: user.role,
            created_at: user.created_at,
        })
    }

    /// Changes the name by which the person is shown.
    ///
    /// # Errors
    /// `identity.name_invalid`.
    pub async fn rename_self(&self, context: &RequestContext, new_name: &str) -> Result<()> {
        let viewer = context.viewer()?;
        let new_name = display_name(new_name).map_err(IdentityError::Refused)?;
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let mut user = user::find(&transaction, viewer.user_id)
            .await?
            .ok_or_else(no_user)?;
        let change = json!({"display_name": {"before": user.display_name, "after": new_name}});
        user.display_name = new_name;
        user::update(&transaction, &user).await?;
        let entry = context
            .entry("user.rename", format!("user:{}", user.id))
            .change(&change);
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        Ok(())
    }

    /// Takes a wallet off one's account. Sessions that were opened with it end, but for this one.
    ///
    /// # Errors
    /// `not_found`, or `identity.last_identity` when nothing else would open the account.
    pub async fn unlink_wallet(&self, context: &RequestContext, wallet: WalletId) -> Result<()> {
        let viewer = context.viewer()?;
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let linked = user::wallets(&transaction, viewer.user_id).await?;
        let found = linked
            .iter()
            .find(|linked| linked.id == wallet)
            .ok_or_else(no_way)?;
        check_not_last(&transaction, viewer.user_id).await?;
        user::delete_wallet(&transaction, wallet).await?;
        let address = found.address.to_lower_hex();
        let change = json!({"wallet": address});
        self.finish_unlink(
            context,
            transaction,
            viewer.user_id,
            Which::Wallet(&address),
            ("wallet.unlink", change),
        )
        .await
    }

    /// Takes an OAuth identity off one's account, by the same rules as [`Self::unlink_wallet`].
    ///
    /// # Errors
    /// As [`Self::unlink_wallet`].
    pub async fn unlink_identity(
        &self,
        context: &RequestContext,
        identity: IdentityId,
    ) -> Result<()> {
        let viewer = context.viewer()?;
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let linked = user::identities(&transaction, viewer.user_id).await?;
        let found = linked
            .iter()
            .find(|linked| linked.id == identity)
            .ok_or_else(no_way)?;
        check_not_last(&transaction, viewer.user_id).await?;
        user::delete_identity(&transaction, identity).await?;
        let change = json!({"issuer": found.issuer, "subject": found.subject});
        let id = identity.to_string();
        self.finish_unlink(
            context,
            transaction,
            viewer.user_id,
            Which::Identity(&id),
            ("identity.unlink", change),
        )
        .await
    }

    async fn finish_unlink(
        &self,
        context: &RequestContext,
        transaction: DatabaseTransaction,
        user_id: UserId,
        which: Which<'_>,
        (action, change): (&'static str, serde_json::Value),
    ) -> Result<()> {
        let user = user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        user::update(&transaction, &user).await?;
        let ended = session::delete_except(&transaction, which, context.session_key).await?;
        let entry = context
            .entry(action, format!("user:{user_id}"))
            .change(&change);
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.end(&ended);
        Ok(())
    }

    /// Default profile slug that a bulk list gave the user, if any.
    ///
    /// # Errors
    /// `not_found` when there is no such user.
    pub async fn profile_of(&self, user_id: UserId) -> Result<Option<String>> {
        Ok(user::find(self.database(), user_id)
            .await?
            .ok_or_else(no_user)?
            .profile)
    }
}

async fn check_not_last(transaction: &DatabaseTransaction, user_id: UserId) -> Result<()> {
    let ways = user::wallets(transaction, user_id).await?.len()
        + user::identities(transaction, user_id).await?.len();
    if ways <= 1 {
        let error = types::ApiError::new(
            ErrorCode::LastIdentity,
            "this is the last way into your account",
        );
        return Err(IdentityError::Refused(
            error.with_hint("add another wallet or identity first"),
        ));
    }
    Ok(())
}

pub(crate) fn no_user() -> IdentityError {
    IdentityError::refused(ErrorCode::NotFound, "there is no such user")
}

fn no_way() -> IdentityError {
    IdentityError::refused(
        ErrorCode::NotFound,
        "your account has no such wallet or identity",
    )
}
