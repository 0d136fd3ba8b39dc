//! The audit log: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, Transaction, kept};
use crate::audit::AuditHash;
use crate::{
    AuditAction, AuditEntry, AuditStore, AuditSubject, NewAuditEntry, PageSize, SessionId, StoreError,
};

const LAST: &str = "SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1";
const INSERT: &str = "INSERT INTO audit_log (sequence, at, actor, action, session_id, subject, hash) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PAGE: &str = "SELECT sequence, at, actor, action, session_id, subject, hash FROM audit_log \
                    WHERE sequence > $1 ORDER BY sequence LIMIT $2";

#[async_trait]
impl AuditStore for SqlStore {
    async fn append_audit(&self, entries: &[NewAuditEntry]) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        self.append_within(&mut transaction, entries).await?;
        transaction.commit().await
    }

    async fn audit_log(&self, after: u64, page: PageSize) -> Result<Vec<AuditEntry>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = transaction
            .rows("reading the audit log", Statement::new(PAGE).int(after).int(page.get()))
            .await?;
        rows.iter().map(entry_from).collect()
    }
}

impl SqlStore {
    /// Adds entries with the rest of what a transaction does. It holds the log until it ends: whoever wants rows of other
    /// tables, too, takes those first.
    pub(super) async fn append_within(
        &self,
        transaction: &mut Transaction,
        entries: &[NewAuditEntry],
    ) -> Result<(), StoreError> {
        if let Some(lock) = self.engine.audit_lock() {
            transaction.rows("locking the audit log", Statement::new(lock)).await?;
        }
        let (mut sequence, mut hash) = last(transaction).await?;
        for entry in entries {
            sequence += 1;
            hash = hash.followed_by(sequence, entry);
            let statement = Statement::new(INSERT)
                .int(i64::try_from(sequence).unwrap_or(i64::MAX))
                .time(entry.at)
                .text(&entry.actor)
                .text(entry.action.as_str())
                .text_or_null(entry.session.as_ref().map(SessionId::as_str))
                .text_or_null(entry.subject.as_ref().map(AuditSubject::as_str))
                .bytes(&hash.0);
            transaction.rows("writing the audit log", statement).await?;
        }
        Ok(())
    }
}

/// Number and hash of the newest entry.
async fn last(transaction: &mut Transaction) -> Result<(u64, AuditHash), StoreError> {
    match transaction.row("reading the audit log", Statement::new(LAST)).await? {
        Some(row) => Ok((sequence_of(&row)?, hash_of(&row)?)),
        None => Ok((0, AuditHash::START)),
    }
}

fn sequence_of(row: &Record) -> Result<u64, StoreError> {
    u64::try_from(row.int("sequence")?).map_err(|_negative| StoreError::corrupt("a negative sequence"))
}

fn hash_of(row: &Record) -> Result<AuditHash, StoreError> {
    let hash = row.bytes("hash")?.try_into();
    hash.map(AuditHash).map_err(|_wrong_length| StoreError::corrupt("a hash of a wrong length"))
}

fn entry_from(row: &Record) -> Result<AuditEntry, StoreError> {
    let session = row.text_or_null("session_id")?.map(|id| kept(SessionId::parse(&id))).transpose()?;
    Ok(AuditEntry {
        sequence: sequence_of(row)?,
        entry: NewAuditEntry {
            at: row.time("at")?,
            actor: row.text("actor")?,
            action: row.known("action", AuditAction::from_text)?,
            session,
            subject: row
                .text_or_null("subject")?
                .map(|text| kept(AuditSubject::from_text(text)))
                .transpose()?,
        },
        hash: hash_of(row)?,
    })
}
