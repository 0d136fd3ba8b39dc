//! Attempts: statements and transitions. Each takes the session's lock first, so that two nodes never both decide.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, Transaction, kept, sessions};
use crate::{
    AfterAttempt, AttemptEnd, AttemptNumber, AttemptOutcome, AttemptRecord, AttemptStart, AttemptStatus,
    AttemptStore, CorrelationId, Decision, JsonDocument, SessionId, StoreError, StoreErrorKind,
    TranscriptDigest, UnixMillis,
};

const SELECT: &str = "SELECT number, status, begun_at, must_end_by, ended_at, decision, digest, document, client \
                      FROM attempts WHERE session_id = $1 ORDER BY number DESC";
const START_SESSION: &str = "UPDATE sessions SET status = 'Running', attempts_begun = $2, running_attempt = $2, \
                             running_until = $3, started_at = COALESCE(started_at, $4), \
                             device_correlation_id = COALESCE(device_correlation_id, $5), \
                             user_correlation_id = COALESCE(user_correlation_id, $6) WHERE id = $1 RETURNING id";
const INSERT: &str = "INSERT INTO attempts (session_id, number, status, begun_at, must_end_by, client) \
                      VALUES ($1, $2, 'Running', $3, $4, $5) RETURNING number";
const END_SESSION: &str = "UPDATE sessions SET status = $2, is_open = $3, running_attempt = NULL, \
                           running_until = NULL WHERE id = $1 RETURNING id";
const END: &str = "UPDATE attempts SET status = $3, ended_at = $4, document = $5 \
                   WHERE session_id = $1 AND number = $2 AND status = 'Running' RETURNING number";
const SUCCEED: &str = "UPDATE attempts SET status = $3, ended_at = $4, document = $5, decision = $6, digest = $7 \
                       WHERE session_id = $1 AND number = $2 AND status = 'Running' RETURNING number";

#[async_trait]
impl AttemptStore for SqlStore {
    async fn begin_attempt(&self, id: &SessionId, start: &AttemptStart) -> Result<AttemptNumber, StoreError> {
        if start.must_end_by <= start.begun_at {
            return Err(StoreError::new(StoreErrorKind::Malformed, "the attempt would end before it begins"));
        }
        let now = start.begun_at;
        let mut transaction = self.begin(Access::Write).await?;
        let session = sessions::lock(&mut transaction, id, now).await?;
        let overdue = session.running.filter(|running| running.must_end_by <= now);
        if let Some(overdue) = overdue {
            cancel(&mut transaction, id, overdue.number, now).await?;
            end_session(&mut transaction, id, AttemptStatus::Canceled, session.is_open).await?;
        }
        if let Err(refusal) = session.admits_attempt(now) {
            if overdue.is_some() {
                transaction.commit().await?;
            }
            return Err(refusal);
        }
        let number = AttemptNumber::new(session.attempts_begun + 1)?;
        let statement = Statement::new(START_SESSION)
            .text(id.as_str())
            .int(number.get())
            .time(start.must_end_by)
            .time(now)
            .text_or_null(start.device_correlation_id.as_ref().map(CorrelationId::as_str))
            .text_or_null(start.user_correlation_id.as_ref().map(CorrelationId::as_str));
        transaction.rows("beginning an attempt", statement).await?;
        let statement = Statement::new(INSERT)
            .text(id.as_str())
            .int(number.get())
            .time(now)
            .time(start.must_end_by)
            .text_or_null(start.client.as_ref().map(JsonDocument::as_str));
        transaction.rows("beginning an attempt", statement).await?;
        transaction.commit().await?;
        Ok(number)
    }

    async fn finish_attempt(
        &self,
        id: &SessionId,
        number: AttemptNumber,
        outcome: &AttemptOutcome,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let session = sessions::lock(&mut transaction, id, outcome.ended_at).await?;
        if session.running.is_none_or(|running| running.number != number) {
            let message = format!("attempt {} is not running", number.get());
            return Err(StoreError::new(StoreErrorKind::AttemptNotRunning, message));
        }
        let sql = if matches!(outcome.end, AttemptEnd::Succeeded { .. }) { SUCCEED } else { END };
        let mut statement = Statement::new(sql)
            .text(id.as_str())
            .int(number.get())
            .text(outcome.end.status().as_str())
            .time(outcome.ended_at)
            .text(outcome.document.as_str());
        if let AttemptEnd::Succeeded { decision, digest } = outcome.end {
            statement = statement.text(decision.as_str()).bytes(digest.as_bytes());
        }
        transaction.rows("ending an attempt", statement).await?;
        let is_open = outcome.after == AfterAttempt::AllowRetry;
        end_session(&mut transaction, id, outcome.end.status(), is_open).await?;
        transaction.commit().await
    }
}

/// A session's status is that of its newest attempt.
async fn end_session(
    transaction: &mut Transaction,
    id: &SessionId,
    status: AttemptStatus,
    is_open: bool,
) -> Result<(), StoreError> {
    let statement = Statement::new(END_SESSION).text(id.as_str()).text(status.as_str()).int(is_open);
    transaction.rows("ending an attempt", statement).await?;
    Ok(())
}

/// Cancels a running attempt that will bring no result.
pub(super) async fn cancel(
    transaction: &mut Transaction,
    id: &SessionId,
    number: AttemptNumber,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let statement = Statement::new(END)
        .text(id.as_str())
        .int(number.get())
        .text(AttemptStatus::Canceled.as_str())
        .time(now)
        .text_or_null(None);
    transaction.rows("cancelling an attempt", statement).await?;
    Ok(())
}

pub(super) async fn newest_first(
    transaction: &mut Transaction,
    id: &SessionId,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let rows = transaction.rows("reading attempts", Statement::new(SELECT).text(id.as_str())).await?;
    rows.iter().map(attempt_from).collect()
}

fn attempt_from(row: &Record) -> Result<AttemptRecord, StoreError> {
    let document = |column| -> Result<Option<JsonDocument>, StoreError> {
        row.text_or_null(column)?.map(|text| kept(JsonDocument::parse(text))).transpose()
    };
    let decision = match row.text_or_null("decision")? {
        Some(_) => Some(row.known("decision", Decision::from_text)?),
        None => None,
    };
    let digest = row.bytes_or_null("digest")?.map(|bytes| {
        <[u8; 32]>::try_from(bytes)
            .map(TranscriptDigest::from_bytes)
            .map_err(|_wrong_length| StoreError::corrupt("a digest of a wrong length"))
    });
    Ok(AttemptRecord {
        number: kept(AttemptNumber::new(row.count("number")?))?,
        status: row.known("status", AttemptStatus::from_text)?,
        begun_at: row.time("begun_at")?,
        must_end_by: row.time("must_end_by")?,
        ended_at: row.time_or_null("ended_at")?,
        decision,
        digest: digest.transpose()?,
        document: document("document")?,
        client: document("client")?,
    })
}
