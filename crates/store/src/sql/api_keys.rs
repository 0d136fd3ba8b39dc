//! API keys: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, kept};
use crate::api_key::{KeyHash, PresentedKey};
use crate::{
    ApiKeyId, ApiKeyRecord, ApiKeyStore, KeyLabel, NewApiKey, Scopes, StoreError, StoreErrorKind, UnixMillis,
};

const INSERT: &str = "INSERT INTO api_keys (id, label, scopes, sha256, created_at, expires_at) \
                      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id";
const SELECT: &str =
    "SELECT id, label, scopes, sha256, created_at, expires_at, revoked_at FROM api_keys WHERE id = $1";
const LIST: &str = "SELECT id, label, scopes, created_at, expires_at, revoked_at FROM api_keys \
                    ORDER BY created_at DESC, id DESC";
const REVOKE: &str = "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1 RETURNING id";

#[async_trait]
impl ApiKeyStore for SqlStore {
    async fn create_api_key(&self, key: NewApiKey<'_>) -> Result<(), StoreError> {
        let statement = Statement::new(INSERT)
            .text(key.key.id().as_str())
            .text(key.label.as_str())
            .text(&key.scopes.to_text())
            .bytes(key.key.hash().as_bytes())
            .time(key.created_at)
            .time_or_null(key.expires_at);
        let mut transaction = self.begin(Access::Write).await?;
        if transaction.row("creating a key", statement).await?.is_none() {
            return Err(StoreError::new(StoreErrorKind::AlreadyExists, "a key has this id already"));
        }
        transaction.commit().await
    }

    async fn authenticate(
        &self,
        presented: &str,
        now: UnixMillis,
    ) -> Result<Option<ApiKeyRecord>, StoreError> {
        let Some(presented) = PresentedKey::parse(presented) else {
            return Ok(None);
        };
        let mut transaction = self.begin(Access::Read).await?;
        let statement = Statement::new(SELECT).text(presented.id.as_str());
        let row = transaction.row("reading a key", statement).await?;
        let kept_hash = match &row {
            Some(row) => KeyHash::from_bytes(&row.bytes("sha256")?)?,
            None => KeyHash::of_nobody(),
        };
        let is_the_key = presented.is(&kept_hash);
        let record = row.as_ref().map(key_from).transpose()?;
        Ok(record.filter(|record| is_the_key && record.is_live(now)))
    }

    async fn revoke_api_key(&self, id: &ApiKeyId, now: UnixMillis) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let statement = Statement::new(REVOKE).text(id.as_str()).time(now);
        if transaction.row("revoking a key", statement).await?.is_none() {
            return Err(StoreError::new(StoreErrorKind::NotFound, "there is no key with this id"));
        }
        transaction.commit().await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let rows = transaction.rows("listing keys", Statement::new(LIST)).await?;
        rows.iter().map(key_from).collect()
    }
}

fn key_from(row: &Record) -> Result<ApiKeyRecord, StoreError> {
    Ok(ApiKeyRecord {
        id: kept(ApiKeyId::parse(&row.text("id")?))?,
        label: kept(KeyLabel::new(row.text("label")?))?,
        scopes: kept(Scopes::from_text(&row.text("scopes")?))?,
        created_at: row.time("created_at")?,
        expires_at: row.time_or_null("expires_at")?,
        revoked_at: row.time_or_null("revoked_at")?,
    })
}
