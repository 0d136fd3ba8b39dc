//! Sealed pictures: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, kept};
use crate::{
    ImageId, ImageStore, SealedImage, SessionId, StoreError, StoreErrorKind, UnixMillis, WrappedKey,
};

const INSERT: &str = "INSERT INTO session_images (id, session_id, key_version, wrapped_key, sealed, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
/// A picture whose session is past its retention is not there, whether or not it has been purged.
const SELECT: &str = "SELECT i.id, i.session_id, i.key_version, i.wrapped_key, i.sealed, i.created_at \
                      FROM session_images i JOIN sessions s ON s.id = i.session_id \
                      WHERE i.id = $1 AND s.erase_after > $2";
const BEHIND: &str = "SELECT id, key_version, wrapped_key FROM session_images \
                      WHERE key_version < $1 ORDER BY id LIMIT $2";
const REWRAP: &str = "UPDATE session_images SET key_version = $3, wrapped_key = $4 \
                      WHERE id = $1 AND key_version = $2";

#[async_trait]
impl ImageStore for SqlStore {
    async fn keep_image(&self, image: &SealedImage) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let insert = Statement::new(INSERT)
            .text(image.id.as_str())
            .text(image.session.as_str())
            .int(image.key.version)
            .bytes(&image.key.bytes)
            .bytes(&image.sealed)
            .time(image.created_at);
        transaction.rows("keeping a picture", insert).await?;
        transaction.commit().await
    }

    async fn image(&self, id: &ImageId, now: UnixMillis) -> Result<SealedImage, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let row =
            transaction.row("reading a picture", Statement::new(SELECT).text(id.as_str()).time(now)).await?;
        let row = row.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, "there is no such picture"))?;
        Ok(SealedImage {
            id: id_of(&row)?,
            session: kept(SessionId::parse(&row.text("session_id")?))?,
            key: key_of(&row)?,
            sealed: row.bytes("sealed")?,
            created_at: row.time("created_at")?,
        })
    }

    async fn image_keys_before(
        &self,
        version: u32,
        max_images: u32,
    ) -> Result<Vec<(ImageId, WrappedKey)>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let behind = Statement::new(BEHIND).int(version).int(max_images);
        let rows = transaction.rows("reading the keys of pictures", behind).await?;
        rows.iter().map(|row| Ok((id_of(row)?, key_of(row)?))).collect()
    }

    async fn rewrap_image(&self, id: &ImageId, from: u32, to: &WrappedKey) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let rewrap = Statement::new(REWRAP).text(id.as_str()).int(from).int(to.version).bytes(&to.bytes);
        transaction.rows("wrapping a picture's key anew", rewrap).await?;
        transaction.commit().await
    }
}

fn id_of(row: &Record) -> Result<ImageId, StoreError> {
    kept(ImageId::parse(&row.text("id")?))
}

fn key_of(row: &Record) -> Result<WrappedKey, StoreError> {
    Ok(WrappedKey { version: row.count("key_version")?, bytes: row.bytes("wrapped_key")? })
}
