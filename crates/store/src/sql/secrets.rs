//! The service's own secrets: statements.

use async_trait::async_trait;

use super::{Access, SqlStore, Statement, kept};
use crate::{SecretBytes, SecretPurpose, SecretStore, StoreError, UnixMillis};

const INSERT: &str = "INSERT INTO secrets (purpose, version, material, created_at) VALUES ($1, 1, $2, $3) \
                      ON CONFLICT (purpose, version) DO NOTHING RETURNING version";
const NEWEST: &str = "SELECT material FROM secrets WHERE purpose = $1 ORDER BY version DESC LIMIT 1";

const ALL: &str = "SELECT version, material FROM secrets WHERE purpose = $1 ORDER BY version DESC";
const ADD: &str = "INSERT INTO secrets (purpose, version, material, created_at) \
                   SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3 FROM secrets WHERE purpose = $1 \
                   RETURNING version";

#[async_trait]
impl SecretStore for SqlStore {
    async fn secret_or_insert(
        &self,
        purpose: SecretPurpose,
        candidate: &SecretBytes,
        now: UnixMillis,
    ) -> Result<SecretBytes, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let insert = Statement::new(INSERT).text(purpose.as_str()).bytes(candidate.expose()).time(now);
        transaction.rows("keeping a secret", insert).await?;
        let newest = Statement::new(NEWEST).text(purpose.as_str());
        let row = transaction.row("reading a secret", newest).await?;
        let row = row.ok_or_else(|| StoreError::corrupt("no secret after one was kept"))?;
        let secret = kept(SecretBytes::new(row.bytes("material")?))?;
        transaction.commit().await?;
        Ok(secret)
    }

    async fn secret_versions(&self, purpose: SecretPurpose) -> Result<Vec<(u32, SecretBytes)>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let rows = transaction.rows("reading secrets", Statement::new(ALL).text(purpose.as_str())).await?;
        rows.iter()
            .map(|row| Ok((row.count("version")?, kept(SecretBytes::new(row.bytes("material")?))?)))
            .collect()
    }

    async fn add_secret(
        &self,
        purpose: SecretPurpose,
        secret: &SecretBytes,
        now: UnixMillis,
    ) -> Result<u32, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let add = Statement::new(ADD).text(purpose.as_str()).bytes(secret.expose()).time(now);
        let row = transaction.row("keeping a secret", add).await?;
        let version = row.ok_or_else(|| StoreError::corrupt("no version after a secret was kept"))?;
        let version = version.count("version")?;
        transaction.commit().await?;
        Ok(version)
    }
}
