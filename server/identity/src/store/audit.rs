//! The audit log's rows.

use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use types::audit::{Actor, ActorKind, AuditEntry, AuditQuery, NewAuditEntry, Outcome};
use types::{ErrorCode, Page, Timestamp, UserId};

use super::entity::{audit_entries, audit_head};
use super::{ROWS_PER_STATEMENT, Result};
use crate::IdentityError;
use crate::audit_chain::{Head, kind_text, outcome_text, seal};

const HEAD_ID: i64 = 1;

/// An entry, and the person whom it concerns besides its actor and target.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) entry: NewAuditEntry,
    pub(crate) about: Option<UserId>,
}

/// Adds entries to the end of the chain. The head's row stays locked until the transaction ends,
/// so that parallel writers stand in line and none forks the chain: call this last.
pub(crate) async fn append(
    transaction: &DatabaseTransaction,
    now: Timestamp,
    entries: Vec<Recorded>,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut head = lock_head(transaction).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for Recorded { entry, about } in entries {
        let sealed = seal(&head, now, entry);
        head = Head {
            seq: sealed.seq,
            hash: sealed.hash.clone(),
        };
        rows.push(row(sealed, about));
    }
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        audit_entries::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(transaction)
            .await?;
    }
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::Seq, Expr::value(head.seq))
        .col_expr(audit_head::Column::Hash, Expr::value(head.hash))
        .filter(audit_head::Column::Id.eq(HEAD_ID))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Locks the head by writing it as it is, which both databases understand, and reads it.
async fn lock_head(transaction: &DatabaseTransaction) -> Result<Head> {
    let heads = audit_head::Entity::update_many()
        .col_expr(
            audit_head::Column::Seq,
            Expr::col(audit_head::Column::Seq).add(0),
        )
        .filter(audit_head::Column::Id.eq(HEAD_ID))
        .exec_with_returning(transaction)
        .await?;
    heads.into_iter().next().map(to_head).ok_or_else(no_head)
}

/// The end of the chain as it is kept.
pub(crate) async fn head(connection: &impl ConnectionTrait) -> Result<Head> {
    audit_head::Entity::find_by_id(HEAD_ID)
        .one(connection)
        .await?
        .map(to_head)
        .ok_or_else(no_head)
}

fn to_head(model: audit_head::Model) -> Head {
    Head {
        seq: model.seq,
        hash: model.hash,
    }
}

fn no_head() -> IdentityError {
    IdentityError::Bug("the audit log has no head".to_owned())
}

/// Whose entries are wanted.
pub(crate) enum Reader {
    Everyone,
    /// Done by, done to, or about this person.
    Only(UserId),
}

/// One page, newest first.
pub(crate) async fn page(
    connection: &impl ConnectionTrait,
    reader: Reader,
    query: &AuditQuery,
) -> Result<Page<AuditEntry>> {
    use audit_entries::Column;
    let mut select = audit_entries::Entity::find().order_by_desc(Column::Seq);
    if let Reader::Only(user_id) = reader {
        let id = user_id.to_string();
        select = select.filter(
            Condition::any()
                .add(Column::ActorId.eq(id.clone()))
                .add(Column::Target.eq(format!("user:{id}")))
                .add(Column::AboutUser.eq(id)),
        );
    }
    if let Some(action) = query.action.as_deref().filter(|action| !action.is_empty()) {
        let pattern = format!("{}%", escaped(action));
        select = select.filter(Expr::col(Column::Action).like(LikeExpr::new(pattern).escape('\\')));
    }
    if let Some(actor) = query.actor.as_deref().filter(|actor| !actor.is_empty()) {
        let pattern = format!("%{}%", escaped(actor));
        select = select.filter(
            Condition::any()
                .add(Expr::col(Column::ActorName).like(LikeExpr::new(pattern.clone()).escape('\\')))
                .add(Expr::col(Column::ActorId).like(LikeExpr::new(pattern).escape('\\'))),
        );
    }
    if let Some(target) = query.target.as_deref().filter(|target| !target.is_empty()) {
        select = select.filter(Column::Target.eq(target));
    }
    if let Some(after) = &query.page.after {
        let seq: i64 = after.parse().map_err(|_| {
            IdentityError::refused(ErrorCode::BadRequest, "that is no page of the log")
        })?;
        select = select.filter(Column::Seq.lt(seq));
    }
    let limit = query.page.limit() as usize;
    let mut rows = select.limit(limit as u64 + 1).all(connection).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|row| row.seq.to_string());
    Ok(Page {
        items: rows.into_iter().map(to_entry).collect::<Result<_>>()?,
        next,
    })
}

/// The entries after `seq`, oldest first, at most `limit`.
pub(crate) async fn entries_after(
    connection: &impl ConnectionTrait,
    seq: i64,
    limit: u64,
) -> Result<Vec<AuditEntry>> {
    audit_entries::Entity::find()
        .filter(audit_entries::Column::Seq.gt(seq))
        .order_by_asc(audit_entries::Column::Seq)
        .limit(limit)
        .all(connection)
        .await?
        .into_iter()
        .map(to_entry)
        .collect()
}

/// A text in which nothing is a wildcard of LIKE.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

fn row(entry: AuditEntry, about: Option<UserId>) -> audit_entries::ActiveModel {
    audit_entries::ActiveModel {
        seq: Set(entry.seq),
        time: Set(entry.time.0),
        request_id: Set(entry.request_id),
        actor_kind: Set(kind_text(entry.actor.kind).to_owned()),
        actor_id: Set(entry.actor.id),
        actor_name: Set(entry.actor.name),
        actor_session: Set(entry.actor.session),
        actor_ip: Set(entry.actor.ip),
        action: Set(entry.action),
        target: Set(entry.target),
        outcome: Set(outcome_text(entry.outcome).to_owned()),
        reason: Set(entry.reason),
        change: Set(entry.change),
        prev_hash: Set(entry.prev_hash),
        hash: Set(entry.hash),
        about_user: Set(about.map(|user_id| user_id.to_string())),
    }
}

fn to_entry(model: audit_entries::Model) -> Result<AuditEntry> {
    let unknown =
        |what: &str| IdentityError::Bug(format!("{what} of audit entry {} is unknown", model.seq));
    let kind = [ActorKind::User, ActorKind::Anonymous, ActorKind::System]
        .into_iter()
        .find(|kind| kind_text(*kind) == model.actor_kind)
        .ok_or_else(|| unknown("the actor's kind"))?;
    let outcome = [Outcome::Ok, Outcome::Refused, Outcome::Failed]
        .into_iter()
        .find(|outcome| outcome_text(*outcome) == model.outcome)
        .ok_or_else(|| unknown("the outcome"))?;
    Ok(AuditEntry {
        seq: model.seq,
        time: Timestamp(model.time),
        request_id: model.request_id,
        actor: Actor {
            kind,
            id: model.actor_id,
            name: model.actor_name,
            session: model.actor_session,
            ip: model.actor_ip,
        },
        action: model.action,
        target: model.target,
        outcome,
        reason: model.reason,
        change: model.change,
        prev_hash: model.prev_hash,
        hash: model.hash,
    })
}
