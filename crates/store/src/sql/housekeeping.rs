//! What keeps the database in order: statements.

use std::time::Duration;

use async_trait::async_trait;

use super::{Access, SqlStore, Statement};
use crate::{Housekeeping, Purged, StoreError, UnixMillis};

const ERASE: &str = "DELETE FROM sessions WHERE id IN \
                     (SELECT id FROM sessions WHERE erase_after <= $1 ORDER BY erase_after LIMIT $2) RETURNING id";
/// Sessions first, as everywhere: transactions that lock in one order cannot block each other.
const FREE_OVERDUE: &str = "UPDATE sessions SET status = 'Canceled', running_attempt = NULL, running_until = NULL \
                            WHERE running_until <= $1 RETURNING id";
const CANCEL_OVERDUE: &str = "UPDATE attempts SET status = 'Canceled', ended_at = $1 \
                              WHERE status = 'Running' AND must_end_by <= $1 RETURNING number";
/// As long as sessions are kept at most.
const ABUSE_KEPT: Duration = Duration::from_secs(48 * 3600);
const FORGET_FAILURES: &str = "DELETE FROM abuse_failures WHERE failed_at <= $1";
const FORGET_SUBJECTS: &str = "DELETE FROM abuse_subjects WHERE last_failed_at <= $1";
const FORGET_MARKS: &str = "DELETE FROM capture_marks WHERE taken_at <= $1";
const FORGET_FACES: &str = "DELETE FROM faces WHERE expires_at <= $1 RETURNING id";
const ANSWER: &str = "SELECT COUNT(*) AS tables FROM secrets";

#[async_trait]
impl Housekeeping for SqlStore {
    async fn purge(&self, now: UnixMillis, max_sessions: u32) -> Result<Option<Purged>, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        if let Some(lock) = self.engine.purge_lock() {
            let row = transaction.row("locking the purge", Statement::new(lock)).await?;
            let row = row.ok_or_else(|| StoreError::corrupt("no answer to a lock"))?;
            if row.int("locked")? != 1 {
                return Ok(None);
            }
        }
        let erase = Statement::new(ERASE).time(now).int(max_sessions);
        let erased = transaction.rows("purging sessions", erase).await?.len();
        transaction.rows("freeing sessions", Statement::new(FREE_OVERDUE).time(now)).await?;
        let cancelled =
            transaction.rows("cancelling attempts", Statement::new(CANCEL_OVERDUE).time(now)).await?.len();
        for forget in [FORGET_FAILURES, FORGET_SUBJECTS, FORGET_MARKS] {
            let forget = Statement::new(forget).time(now.minus(ABUSE_KEPT));
            transaction.rows("forgetting what abuse is known by", forget).await?;
        }
        let faces = transaction.rows("forgetting faces", Statement::new(FORGET_FACES).time(now)).await?.len();
        transaction.commit().await?;
        if erased > 0 || faces > 0 {
            self.forget_erased().await?;
        }
        Ok(Some(Purged {
            sessions_erased: u32::try_from(erased).unwrap_or(u32::MAX),
            attempts_cancelled: u32::try_from(cancelled).unwrap_or(u32::MAX),
            faces_erased: u32::try_from(faces).unwrap_or(u32::MAX),
        }))
    }

    async fn check_ready(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        transaction.rows("answering", Statement::new(ANSWER)).await?;
        Ok(())
    }
}
