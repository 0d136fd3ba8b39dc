//! Sessions: statements and transitions.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, Transaction, attempts, kept, store_error};
use crate::session::RunningAttempt;
use crate::{
    AttemptLimit, AttemptNumber, AuditAction, CorrelationId, JsonDocument, NewAuditEntry, NewSession,
    OperationMode, SessionHistory, SessionId, SessionKind, SessionOrder, SessionQuery, SessionRecord,
    SessionStatus, SessionStore, StoreError, StoreErrorKind, TokenId, TokenTimeToLive, UnixMillis, Whose,
};

macro_rules! columns {
    () => {
        "id, kind, operation_mode, parameters, device_correlation_id, user_correlation_id, token_ttl_secs, \
         created_at, token_expires_at, erase_after, status, is_open, attempts_allowed, attempts_begun, \
         running_attempt, running_until, started_at"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO sessions (id, kind, operation_mode, parameters, device_correlation_id, user_correlation_id, \
     token_ttl_secs, created_at, token_expires_at, erase_after, status, is_open, attempts_allowed, attempts_begun) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'NotStarted', 1, $11, 0) \
     ON CONFLICT (id) DO NOTHING RETURNING ",
    columns!()
);
const SELECT: &str = concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1 AND erase_after > $2");
/// Locks the row until the transaction ends, in either database, and reads it as it then is.
const LOCK: &str = concat!(
    "UPDATE sessions SET attempts_begun = attempts_begun WHERE id = $1 AND erase_after > $2 RETURNING ",
    columns!()
);
const LIST_NEWEST_FIRST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sessions WHERE erase_after > $1 AND ($2 IS NULL OR kind = $2) AND (created_at, id) < ($3, $4) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);
const LIST_BY_ID: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sessions WHERE erase_after > $1 AND ($2 IS NULL OR kind = $2) AND id > $3 ORDER BY id LIMIT $4"
);
const CREATED_AT: &str = "SELECT created_at FROM sessions WHERE id = $1 AND erase_after > $2";
const DELETE_OF_DEVICE: &str = "DELETE FROM sessions WHERE device_correlation_id = $1 RETURNING id";
const DELETE_OF_USER: &str = "DELETE FROM sessions WHERE user_correlation_id = $1 RETURNING id";
const DELETE: &str = "DELETE FROM sessions WHERE id = $1 RETURNING id, erase_after";
const CANCEL: &str = "UPDATE sessions SET status = 'Canceled', is_open = 0, running_attempt = NULL, \
                      running_until = NULL WHERE id = $1 RETURNING id";
const CLAIM_TOKEN: &str = "INSERT INTO used_tokens (session_id, token_id, used_at) VALUES ($1, $2, $3) \
                           ON CONFLICT (session_id, token_id) DO NOTHING RETURNING token_id";

#[async_trait]
impl SessionStore for SqlStore {
    async fn create_session(&self, session: &NewSession) -> Result<SessionRecord, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let record = create(&mut transaction, session).await?;
        transaction.commit().await?;
        Ok(record)
    }

    async fn create_sessions(&self, sessions: &[NewSession]) -> Result<Vec<SessionRecord>, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let mut records = Vec::with_capacity(sessions.len());
        for session in sessions {
            records.push(create(&mut transaction, session).await?);
        }
        transaction.commit().await?;
        Ok(records)
    }

    async fn session(&self, id: &SessionId, now: UnixMillis) -> Result<SessionHistory, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let statement = Statement::new(SELECT).text(id.as_str()).time(now);
        let row = transaction.row("reading a session", statement).await?.ok_or_else(not_found)?;
        let session = session_from(&row)?;
        let attempts = attempts::newest_first(&mut transaction, id).await?;
        Ok(SessionHistory { session, attempts })
    }

    async fn sessions(
        &self,
        query: &SessionQuery,
        now: UnixMillis,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let kind = query.kind.map(SessionKind::as_str);
        let after = query.after.as_ref().map(SessionId::as_str);
        let mut transaction = self.begin(Access::Read).await?;
        let statement = match query.order {
            SessionOrder::NewestFirst => {
                let after = match after {
                    Some(id) => (created_at(&mut transaction, id, now).await?, id),
                    None => (UnixMillis::from_millis(i64::MAX), ""),
                };
                Statement::new(LIST_NEWEST_FIRST)
                    .time(now)
                    .text_or_null(kind)
                    .time(after.0)
                    .text(after.1)
                    .int(query.page_size.get())
            }
            SessionOrder::IdAscending => Statement::new(LIST_BY_ID)
                .time(now)
                .text_or_null(kind)
                .text(after.unwrap_or_default())
                .int(query.page_size.get()),
        };
        transaction.rows("listing sessions", statement).await?.iter().map(session_from).collect()
    }

    async fn erase_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let erased = transaction.row("erasing a session", Statement::new(DELETE).text(id.as_str())).await?;
        let erase_after = erased.ok_or_else(not_found)?.time("erase_after")?;
        transaction.commit().await?;
        self.forget_erased().await?;
        if now < erase_after { Ok(()) } else { Err(not_found()) }
    }

    async fn erase_sessions_of(
        &self,
        whose: &Whose,
        actor: &str,
        now: UnixMillis,
    ) -> Result<Vec<SessionId>, StoreError> {
        let statement = match whose {
            Whose::Session(id) => Statement::new(DELETE).text(id.as_str()),
            Whose::Device(name) => Statement::new(DELETE_OF_DEVICE).text(name.as_str()),
            Whose::User(name) => Statement::new(DELETE_OF_USER).text(name.as_str()),
        };
        let mut transaction = self.begin(Access::Write).await?;
        let rows = transaction.rows("erasing sessions", statement).await?;
        let ids: Vec<SessionId> =
            rows.iter().map(|row| kept(SessionId::parse(&row.text("id")?))).collect::<Result<_, _>>()?;
        let entry = |id: &SessionId| NewAuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: AuditAction::SessionErased,
            session: Some(id.clone()),
            subject: None,
        };
        self.append_within(&mut transaction, &ids.iter().map(entry).collect::<Vec<_>>()).await?;
        transaction.commit().await?;
        self.forget_erased().await?;
        Ok(ids)
    }

    async fn cancel_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let session = lock(&mut transaction, id, now).await?;
        if !session.is_open {
            return Err(StoreError::new(StoreErrorKind::SessionClosed, "the session is over"));
        }
        if let Some(running) = session.running {
            attempts::cancel(&mut transaction, id, running.number, now).await?;
        }
        transaction.rows("cancelling a session", Statement::new(CANCEL).text(id.as_str())).await?;
        transaction.commit().await
    }

    async fn claim_token(&self, id: &SessionId, token: &TokenId, now: UnixMillis) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        lock(&mut transaction, id, now).await?;
        let statement = Statement::new(CLAIM_TOKEN).text(id.as_str()).text(token.as_str()).time(now);
        if transaction.row("claiming a token", statement).await?.is_none() {
            return Err(StoreError::new(StoreErrorKind::TokenUsed, "the token was used before"));
        }
        transaction.commit().await
    }
}

impl SqlStore {
    pub(super) async fn forget_erased(&self) -> Result<(), StoreError> {
        self.engine.forget_erased().await.map_err(|error| store_error("emptying its log", error))
    }
}

/// Reads a session and holds it until the transaction ends: what follows is decided on this state.
pub(super) async fn lock(
    transaction: &mut Transaction,
    id: &SessionId,
    now: UnixMillis,
) -> Result<SessionRecord, StoreError> {
    let statement = Statement::new(LOCK).text(id.as_str()).time(now);
    let row = transaction.row("locking a session", statement).await?.ok_or_else(not_found)?;
    session_from(&row)
}

async fn create(transaction: &mut Transaction, session: &NewSession) -> Result<SessionRecord, StoreError> {
    let statement = Statement::new(INSERT)
        .text(session.id.as_str())
        .text(session.kind.as_str())
        .text(session.operation_mode.as_str())
        .text(session.parameters.as_str())
        .text_or_null(session.device_correlation_id.as_ref().map(CorrelationId::as_str))
        .text_or_null(session.user_correlation_id.as_ref().map(CorrelationId::as_str))
        .int(session.token_time_to_live.as_secs())
        .time(session.created_at)
        .time(session.token_expires_at())
        .time(session.erase_after())
        .int(session.attempts_allowed.get());
    let row = transaction.row("creating a session", statement).await?;
    let taken = || StoreError::new(StoreErrorKind::AlreadyExists, "a session has this id already");
    session_from(&row.ok_or_else(taken)?)
}

async fn created_at(
    transaction: &mut Transaction,
    id: &str,
    now: UnixMillis,
) -> Result<UnixMillis, StoreError> {
    let row = transaction.row("listing sessions", Statement::new(CREATED_AT).text(id).time(now)).await?;
    row.ok_or_else(|| {
        StoreError::new(StoreErrorKind::NotFound, "the session that the page starts after is not there")
    })?
    .time("created_at")
}

fn not_found() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "the session does not exist or was erased")
}

fn session_from(row: &Record) -> Result<SessionRecord, StoreError> {
    let correlation_id = |column| -> Result<Option<CorrelationId>, StoreError> {
        row.text_or_null(column)?.map(|text| kept(CorrelationId::new(text))).transpose()
    };
    let running = match row.int_or_null("running_attempt")? {
        Some(_) => Some(RunningAttempt {
            number: kept(AttemptNumber::new(row.count("running_attempt")?))?,
            must_end_by: row.time("running_until")?,
        }),
        None => None,
    };
    Ok(SessionRecord {
        id: kept(SessionId::parse(&row.text("id")?))?,
        kind: row.known("kind", SessionKind::from_text)?,
        operation_mode: row.known("operation_mode", OperationMode::from_text)?,
        parameters: kept(JsonDocument::parse(row.text("parameters")?))?,
        device_correlation_id: correlation_id("device_correlation_id")?,
        user_correlation_id: correlation_id("user_correlation_id")?,
        attempts_allowed: kept(AttemptLimit::new(row.count("attempts_allowed")?))?,
        attempts_begun: row.count("attempts_begun")?,
        token_time_to_live: kept(TokenTimeToLive::from_secs(row.count("token_ttl_secs")?))?,
        created_at: row.time("created_at")?,
        token_expires_at: row.time("token_expires_at")?,
        erase_after: row.time("erase_after")?,
        started_at: row.time_or_null("started_at")?,
        status: row.known("status", SessionStatus::from_text)?,
        is_open: row.int("is_open")? == 1,
        running,
    })
}
