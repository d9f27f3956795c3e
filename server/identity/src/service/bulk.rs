//! Many users at once: the plan of [`crate::bulk`], on the database.

use std::collections::HashSet;

use serde_json::json;
use types::UserId;
use types::bulk::{BulkReport, BulkVerdict};

use super::invitations::personal;
use super::{Identity, RequestContext, Result};
use crate::IdentityError;
use crate::bulk::{Change, Plan, keys, parse, plan};
use crate::store::audit::{self, Recorded};
use crate::store::{self, invitation};

/// People with whom a list changes the size of the tables.
const MANY: usize = 500;

impl Identity {
    /// One verdict a line; writes nothing. `profiles` are the slugs that exist. Administrators
    /// only.
    ///
    /// # Errors
    /// `identity.forbidden`; `bad_request` when the list cannot be read at all.
    pub async fn preview_bulk(
        &self,
        context: &RequestContext,
        csv: &str,
        profiles: &[String],
    ) -> Result<BulkReport> {
        context.administrator()?;
        let plan = self.plan_bulk(self.database(), csv, profiles).await?;
        Ok(report(plan, Applied::No))
    }

    /// The same, then writes the whole list in one transaction, or nothing if a line is rejected:
    /// then the report says `applied: false`. The report of a list that was written holds, for
    /// each new user without a wallet, the personal link that lets them in; it is not kept.
    ///
    /// # Errors
    /// As [`Self::preview_bulk`].
    pub async fn apply_bulk(
        &self,
        context: &RequestContext,
        csv: &str,
        profiles: &[String],
    ) -> Result<BulkReport> {
        let now = self.now();
        let transaction = self.begin_as_administrator(context).await?;
        let mut plan = self.plan_bulk(&transaction, csv, profiles).await?;
        if !plan.is_applicable() {
            return Ok(report(plan, Applied::No));
        }
        let users = store::bulk::apply(&transaction, &plan.changes, now).await?;
        let mut invitations = Vec::new();
        for (change, user_id) in plan.changes.iter().zip(&users) {
            let Change::Create { line, user } = change else {
                continue;
            };
            if user.wallet.is_none() {
                let (made, secret) = personal(*user_id, &user.name, &context.actor(), now);
                invitations.push(made);
                plan.lines[*line].message = format!(
                    "new user; personal link, good for 7 days: {}",
                    self.join_link(&secret)
                );
            }
        }
        invitation::insert_many(&transaction, &invitations).await?;
        audit::append(&transaction, now, entries(context, &plan, &users)).await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        if users.len() >= MANY {
            // The list is written; that pages are slower for a while is no reason to say otherwise.
            if let Err(error) = store::bulk::refresh_statistics(self.database()).await {
                tracing::warn!(
                    ?error,
                    "the statistics of the tables of users were not refreshed"
                );
            }
        }
        Ok(report(plan, Applied::Yes))
    }

    /// The link of an invitation.
    #[must_use]
    pub fn join_link(&self, secret: &str) -> String {
        format!(
            "{}/join/{secret}",
            self.inner.config.hub_origin.origin().ascii_serialization()
        )
    }

    async fn plan_bulk(
        &self,
        connection: &impl sea_orm::ConnectionTrait,
        csv: &str,
        profiles: &[String],
    ) -> Result<Plan> {
        let lines = parse(csv).map_err(IdentityError::Refused)?;
        let (names, wallets) = keys(&lines);
        let directory = store::bulk::directory(connection, &names, &wallets).await?;
        Ok(plan(&lines, &directory, profiles, self.now()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Applied {
    Yes,
    No,
}

fn report(plan: Plan, applied: Applied) -> BulkReport {
    BulkReport {
        lines: plan.lines,
        applied: applied == Applied::Yes,
        new_groups: plan.new_groups,
    }
}

/// One entry for each person, so that they see it among the entries about themselves, and one for
/// the list.
fn entries(context: &RequestContext, plan: &Plan, users: &[UserId]) -> Vec<Recorded> {
    let count = |verdict: BulkVerdict| {
        plan.lines
            .iter()
            .filter(|line| line.verdict == verdict)
            .count()
    };
    let mut entries = Vec::with_capacity(users.len() + 1);
    let mut seen = HashSet::new();
    for (change, user_id) in plan.changes.iter().zip(users) {
        if !seen.insert(*user_id) {
            continue;
        }
        let target = format!("user:{user_id}");
        let entry = match change {
            Change::Create { user, .. } => context.entry("user.create", target).change(&json!({
                "name": user.name,
                "role": user.role.as_str(),
                "groups": user.groups.keys().collect::<Vec<_>>(),
            })),
            Change::Update { line, .. } => context
                .entry("user.update", target)
                .change(&json!({"change": plan.lines[*line].message})),
        };
        entries.push(entry.reason("bulk list").recorded());
    }
    let summary = context.entry("user.bulk", "users").change(&json!({
        "lines": plan.lines.len(),
        "created": count(BulkVerdict::Create),
        "updated": count(BulkVerdict::Update),
        "new_groups": plan.new_groups,
    }));
    entries.push(summary.recorded());
    entries
}
