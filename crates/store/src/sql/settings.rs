//! Settings: statements.

use async_trait::async_trait;

use super::{Access, SqlStore, Statement};
use crate::{Setting, SettingsStore, StoreError, UnixMillis};

const READ: &str = "SELECT value FROM settings WHERE name = $1";
const WRITE: &str = "INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, changed_at = EXCLUDED.changed_at";

#[async_trait]
impl SettingsStore for SqlStore {
    async fn is_on(&self, setting: Setting) -> Result<bool, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let row = transaction.row("reading a setting", Statement::new(READ).text(setting.as_str())).await?;
        let Some(row) = row else { return Ok(setting.is_on_at_first()) };
        row.known("value", |value| match value {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    async fn switch(&self, setting: Setting, is_on: bool, now: UnixMillis) -> Result<(), StoreError> {
        let value = if is_on { "on" } else { "off" };
        let mut transaction = self.begin(Access::Write).await?;
        let statement = Statement::new(WRITE).text(setting.as_str()).text(value).time(now);
        transaction.rows("changing a setting", statement).await?;
        transaction.commit().await
    }
}
