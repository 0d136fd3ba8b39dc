//! Who fails too often, and what was sent before: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, Transaction, kept};
use crate::{
    AbuseStore, AbuseSubject, CaptureMarks, FailedAttempt, SessionId, StoreError, StoreErrorKind,
    SubjectState, UnixMillis, VelocityRule,
};

/// Failures that are told of one subject at most.
const MAX_TOLD: i64 = 50;

/// Also locks the subject's row, so that failures on many nodes are counted one after the other.
const TOUCH: &str = "INSERT INTO abuse_subjects (subject, last_failed_at, locks) VALUES ($1, $2, 0) \
                     ON CONFLICT (subject) DO UPDATE SET last_failed_at = EXCLUDED.last_failed_at \
                     RETURNING locked_until, locks";
/// A session that was erased meanwhile is not named.
const FAIL: &str = "INSERT INTO abuse_failures (subject, failed_at, session_id, attempt) \
                    VALUES ($1, $2, (SELECT id FROM sessions WHERE id = $3), $4)";
const COUNT: &str = "SELECT COUNT(*) AS failures FROM abuse_failures WHERE subject = $1 AND failed_at > $2";
const LOCK: &str = "UPDATE abuse_subjects SET locked_until = $2, locks = $3 WHERE subject = $1";
const STATE: &str = "SELECT locked_until, locks FROM abuse_subjects WHERE subject = $1";
const FAILURES: &str = "SELECT failed_at, session_id, attempt FROM abuse_failures \
                        WHERE subject = $1 AND failed_at > $2 ORDER BY failed_at DESC, attempt DESC LIMIT $3";
const MARK: &str = "INSERT INTO capture_marks (taken_at, session_id, attempt, frames, course) \
                    VALUES ($1, (SELECT id FROM sessions WHERE id = $2), $3, $4, $5)";
const MARKS: &str = "SELECT taken_at, session_id, attempt, frames, course FROM capture_marks \
                     ORDER BY sequence DESC LIMIT $1";

#[async_trait]
impl AbuseStore for SqlStore {
    async fn record_failure(
        &self,
        subjects: &[AbuseSubject],
        failure: &FailedAttempt,
        rule: &VelocityRule,
    ) -> Result<(), StoreError> {
        // In one order everywhere: transactions cannot block each other.
        let mut subjects: Vec<&AbuseSubject> = subjects.iter().collect();
        subjects.sort();
        subjects.dedup();
        let mut transaction = self.begin(Access::Write).await?;
        for subject in subjects {
            count(&mut transaction, subject, failure, rule).await?;
        }
        transaction.commit().await
    }

    async fn subject_states(
        &self,
        subjects: &[AbuseSubject],
        rule: &VelocityRule,
        now: UnixMillis,
    ) -> Result<Vec<SubjectState>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let mut states = Vec::with_capacity(subjects.len());
        for subject in subjects {
            states.push(state(&mut transaction, subject, rule, now).await?);
        }
        Ok(states)
    }

    async fn mark_capture(&self, marks: &CaptureMarks) -> Result<(), StoreError> {
        if marks.frames.len().max(marks.course.len()) > CaptureMarks::MAX_BYTES {
            return Err(StoreError::new(StoreErrorKind::Malformed, "a capture's marks are too many"));
        }
        let mut transaction = self.begin(Access::Write).await?;
        let mark = Statement::new(MARK)
            .time(marks.taken_at)
            .text_or_null(marks.session.as_ref().map(SessionId::as_str))
            .int(marks.attempt)
            .bytes(&marks.frames)
            .bytes(&marks.course);
        transaction.rows("marking a capture", mark).await?;
        transaction.commit().await
    }

    async fn marked_captures(&self, most: u32) -> Result<Vec<CaptureMarks>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let rows = transaction.rows("reading marks", Statement::new(MARKS).int(most)).await?;
        rows.iter().map(marks_from).collect()
    }
}

async fn count(
    transaction: &mut Transaction,
    subject: &AbuseSubject,
    failure: &FailedAttempt,
    rule: &VelocityRule,
) -> Result<(), StoreError> {
    let touch = Statement::new(TOUCH).text(subject.as_str()).time(failure.at);
    let row = transaction.row("counting a failure", touch).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("no subject after one was kept"))?;
    let (locked_until, locks) = (row.time_or_null("locked_until")?, row.count("locks")?);
    let fail = Statement::new(FAIL)
        .text(subject.as_str())
        .time(failure.at)
        .text_or_null(failure.session.as_ref().map(SessionId::as_str))
        .int(failure.attempt);
    transaction.rows("counting a failure", fail).await?;
    if locked_until.is_some_and(|until| failure.at < until) {
        return Ok(());
    }
    let recent = Statement::new(COUNT).text(subject.as_str()).time(failure.at.minus(rule.within));
    let row = transaction.row("counting failures", recent).await?;
    let failures = row.ok_or_else(|| StoreError::corrupt("no count"))?.count("failures")?;
    if failures >= rule.max_failures {
        let repeats = locked_until.is_some_and(|until| failure.at < until.plus(rule.repeats_within));
        let lock = Statement::new(LOCK)
            .text(subject.as_str())
            .time(failure.at.plus(rule.lock_for))
            .int(if repeats { locks.saturating_add(1) } else { 1 });
        transaction.rows("locking a subject", lock).await?;
    }
    Ok(())
}

async fn state(
    transaction: &mut Transaction,
    subject: &AbuseSubject,
    rule: &VelocityRule,
    now: UnixMillis,
) -> Result<SubjectState, StoreError> {
    let row = transaction.row("reading a subject", Statement::new(STATE).text(subject.as_str())).await?;
    let (until, locks) = match row {
        Some(row) => (row.time_or_null("locked_until")?, row.count("locks")?),
        None => (None, 0),
    };
    let recent = Statement::new(FAILURES).text(subject.as_str()).time(now.minus(rule.within)).int(MAX_TOLD);
    let failures = transaction.rows("reading failures", recent).await?;
    Ok(SubjectState {
        subject: subject.clone(),
        failures: failures.iter().map(failure_from).collect::<Result<_, _>>()?,
        locked_until: until.filter(|until| now < *until),
        locks: if until.is_some_and(|until| now < until.plus(rule.repeats_within)) { locks } else { 0 },
    })
}

fn failure_from(row: &Record) -> Result<FailedAttempt, StoreError> {
    Ok(FailedAttempt {
        session: session_of(row)?,
        attempt: row.count("attempt")?,
        at: row.time("failed_at")?,
    })
}

fn marks_from(row: &Record) -> Result<CaptureMarks, StoreError> {
    Ok(CaptureMarks {
        session: session_of(row)?,
        attempt: row.count("attempt")?,
        taken_at: row.time("taken_at")?,
        frames: row.bytes("frames")?,
        course: row.bytes("course")?,
    })
}

/// The session, if it has not been erased.
fn session_of(row: &Record) -> Result<Option<SessionId>, StoreError> {
    row.text_or_null("session_id")?.map(|id| kept(SessionId::parse(&id))).transpose()
}
