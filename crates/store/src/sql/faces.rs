//! Sealed templates of faces: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, enrolled, kept};
use crate::{
    FaceId, FaceStore, KeptFace, RecognitionModel, SealedTemplate, SessionId, StoreError, StoreErrorKind,
    TemplateOwner, UnixMillis,
};

const INSERT: &str = "INSERT INTO faces (id, recognition_model, key_version, sealed, created_at, expires_at) \
                      VALUES ($1, $2, $3, $4, $5, $6)";
const SELECT: &str = "SELECT id, recognition_model, key_version, sealed, created_at, expires_at FROM faces \
                      WHERE id = $1 AND expires_at > $2";
const INSERT_REFERENCE: &str =
    "INSERT INTO session_references (session_id, key_version, sealed) VALUES ($1, $2, $3)";
/// A reference whose session is past its retention is not there, whether or not it has been purged.
const SELECT_REFERENCE: &str = "SELECT r.key_version, r.sealed FROM session_references r \
                                JOIN sessions s ON s.id = r.session_id \
                                WHERE r.session_id = $1 AND s.erase_after > $2";
const FACES_BEHIND: &str = "SELECT id AS owner, key_version, sealed FROM faces \
                            WHERE key_version < $1 ORDER BY id LIMIT $2";
const REFERENCES_BEHIND: &str = "SELECT session_id AS owner, key_version, sealed FROM session_references \
                                 WHERE key_version < $1 ORDER BY session_id LIMIT $2";
const RESEAL_FACE: &str = "UPDATE faces SET key_version = $3, sealed = $4 WHERE id = $1 AND key_version = $2";
const RESEAL_REFERENCE: &str =
    "UPDATE session_references SET key_version = $3, sealed = $4 WHERE session_id = $1 AND key_version = $2";

#[async_trait]
impl FaceStore for SqlStore {
    async fn keep_faces(&self, faces: &[KeptFace]) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        for face in faces {
            let insert = Statement::new(INSERT)
                .text(face.id.as_str())
                .text(face.recognition_model.as_str())
                .int(face.template.key_version)
                .bytes(&face.template.bytes)
                .time(face.created_at)
                .time(face.expires_at);
            transaction.rows("keeping a face", insert).await?;
        }
        transaction.commit().await
    }

    async fn face(&self, id: &FaceId, now: UnixMillis) -> Result<KeptFace, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let row =
            transaction.row("reading a face", Statement::new(SELECT).text(id.as_str()).time(now)).await?;
        let row = row.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, "there is no such face"))?;
        Ok(KeptFace {
            id: kept(FaceId::parse(&row.text("id")?))?,
            recognition_model: kept(RecognitionModel::new(row.text("recognition_model")?))?,
            template: template_of(&row)?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        })
    }

    async fn keep_reference(&self, session: &SessionId, template: &SealedTemplate) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let insert = Statement::new(INSERT_REFERENCE)
            .text(session.as_str())
            .int(template.key_version)
            .bytes(&template.bytes);
        transaction.rows("keeping a reference", insert).await?;
        transaction.commit().await
    }

    async fn reference(
        &self,
        session: &SessionId,
        now: UnixMillis,
    ) -> Result<Option<SealedTemplate>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let select = Statement::new(SELECT_REFERENCE).text(session.as_str()).time(now);
        transaction.row("reading a reference", select).await?.as_ref().map(template_of).transpose()
    }

    async fn templates_before(
        &self,
        version: u32,
        most: u32,
    ) -> Result<Vec<(TemplateOwner, SealedTemplate)>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let behind = |text| Statement::new(text).int(version).int(most);
        let mut found = Vec::new();
        for row in transaction.rows("reading faces", behind(FACES_BEHIND)).await? {
            let owner = TemplateOwner::Face(kept(FaceId::parse(&row.text("owner")?))?);
            found.push((owner, template_of(&row)?));
        }
        for row in transaction.rows("reading references", behind(REFERENCES_BEHIND)).await? {
            let owner = TemplateOwner::Reference(kept(SessionId::parse(&row.text("owner")?))?);
            found.push((owner, template_of(&row)?));
        }
        found.extend(enrolled::templates_before(&mut transaction, version, most).await?);
        Ok(found)
    }

    async fn reseal_template(
        &self,
        owner: &TemplateOwner,
        from: u32,
        to: &SealedTemplate,
    ) -> Result<(), StoreError> {
        let (text, id) = match owner {
            TemplateOwner::Face(id) => (RESEAL_FACE, id.as_str()),
            TemplateOwner::Reference(id) => (RESEAL_REFERENCE, id.as_str()),
            TemplateOwner::Enrolled(owner) => (enrolled::RESEAL, owner.face.as_str()),
        };
        let mut transaction = self.begin(Access::Write).await?;
        let reseal = Statement::new(text).text(id).int(from).int(to.key_version).bytes(&to.bytes);
        transaction.rows("sealing a template anew", reseal).await?;
        transaction.commit().await
    }
}

fn template_of(row: &Record) -> Result<SealedTemplate, StoreError> {
    Ok(SealedTemplate { key_version: row.count("key_version")?, bytes: row.bytes("sealed")? })
}
