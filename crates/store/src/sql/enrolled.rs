//! Enrolled faces: statements.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::people::{self, no_person, user_data_of};
use super::{Access, Record, SqlStore, Statement, Transaction, kept};
use crate::{
    EnrolledFace, EnrolledFaceStore, EnrolledOwner, FaceLimits, FaceOwner, GroupKind, GroupUid, NewFace,
    PersistedFaceId, PersonId, SealedFace, SealedTemplate, SearchedState, StoreError, StoreErrorKind,
    TemplateOwner, UserData,
};

macro_rules! sealed {
    () => {
        "SELECT id, group_uid, person_id, added_at, key_version, sealed FROM enrolled_faces "
    };
}

/// Locks the collection, so that faces on many nodes are counted one after the other.
const COUNT: &str = "UPDATE face_groups SET generation = generation + 1, faces = faces + $2 WHERE uid = $1 \
                     RETURNING generation, faces, kind";
const COUNT_OF_PERSON: &str =
    "UPDATE people SET faces = faces + $3 WHERE id = $2 AND group_uid = $1 RETURNING faces";
const INSERT: &str = "INSERT INTO enrolled_faces (id, group_uid, person_id, user_data, added_at, key_version, \
                      sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const SELECT: &str = "SELECT id, user_data FROM enrolled_faces \
                      WHERE id = $3 AND group_uid = $1 AND person_id IS NOT DISTINCT FROM $2";
const LIST: &str = "SELECT id, user_data FROM enrolled_faces WHERE group_uid = $1 AND person_id IS NULL AND id > $2 \
                    ORDER BY id LIMIT $3";
const UPDATE: &str = "UPDATE enrolled_faces SET user_data = $4 \
                      WHERE id = $3 AND group_uid = $1 AND person_id IS NOT DISTINCT FROM $2 RETURNING id";
const DELETE: &str = "DELETE FROM enrolled_faces \
                      WHERE id = $3 AND group_uid = $1 AND person_id IS NOT DISTINCT FROM $2 RETURNING id";
const UNCOUNT: &str = "UPDATE people SET faces = faces - 1 WHERE id = $1";
const BEHIND: &str = concat!(sealed!(), "WHERE key_version < $1 ORDER BY key_version, id LIMIT $2");
/// Puts another sealing in the place of the one by version `$2`.
pub(super) const RESEAL: &str =
    "UPDATE enrolled_faces SET key_version = $3, sealed = $4 WHERE id = $1 AND key_version = $2";
const SEARCHED: &str = concat!(
    sealed!(),
    "WHERE group_uid = $1 AND (added_at, id) > ($2, $3) AND added_at <= $4 ORDER BY added_at, id LIMIT $5"
);
const OF_PERSON: &str = concat!(sealed!(), "WHERE group_uid = $1 AND person_id = $2 ORDER BY id");

#[async_trait]
impl EnrolledFaceStore for SqlStore {
    async fn enrol_faces(
        &self,
        group: &GroupUid,
        faces: &[NewFace],
        limits: FaceLimits,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let added_at = count(&mut transaction, group, faces, limits).await?;
        for face in faces {
            let insert = Statement::new(INSERT)
                .text(face.id.as_str())
                .text(group.as_str())
                .text_or_null(face.person.as_ref().map(PersonId::as_str))
                .text_or_null(face.user_data.as_ref().map(UserData::as_str))
                .int(added_at)
                .int(face.template.key_version)
                .bytes(&face.template.bytes)
                .time(face.created_at);
            transaction.rows("enrolling a face", insert).await?;
        }
        transaction.commit().await
    }

    async fn enrolled_face(
        &self,
        owner: FaceOwner<'_>,
        id: &PersistedFaceId,
    ) -> Result<EnrolledFace, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let row = transaction.row("reading a face", owned(SELECT, owner, id)).await?.ok_or_else(no_face)?;
        face_from(&row)
    }

    async fn enrolled_faces(
        &self,
        list: &GroupUid,
        after: Option<&PersistedFaceId>,
        most: u32,
    ) -> Result<Vec<EnrolledFace>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let after = after.map_or("", PersistedFaceId::as_str);
        let faces = Statement::new(LIST).text(list.as_str()).text(after).int(most);
        transaction.rows("listing faces", faces).await?.iter().map(face_from).collect()
    }

    async fn update_enrolled_face(
        &self,
        owner: FaceOwner<'_>,
        id: &PersistedFaceId,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let update = owned(UPDATE, owner, id).text_or_null(user_data.map(UserData::as_str));
        transaction.row("changing a face", update).await?.ok_or_else(no_face)?;
        transaction.commit().await?;
        self.forget_erased().await
    }

    async fn erase_enrolled_face(
        &self,
        owner: FaceOwner<'_>,
        id: &PersistedFaceId,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_erasure().await?;
        people::forget(&mut transaction, owner.group).await?;
        transaction.row("erasing a face", owned(DELETE, owner, id)).await?.ok_or_else(no_face)?;
        people::uncount(&mut transaction, owner.group, 0, 1).await?;
        if let Some(person) = owner.person {
            transaction.rows("erasing a face", Statement::new(UNCOUNT).text(person.as_str())).await?;
        }
        transaction.commit().await?;
        self.forget_person().await
    }

    async fn searched_faces(
        &self,
        group: &GroupUid,
        searched: SearchedState,
        after: (u64, Option<&PersistedFaceId>),
        most: u32,
    ) -> Result<Vec<(u64, SealedFace)>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let number = |change: u64| i64::try_from(change).unwrap_or(i64::MAX);
        // Without a face the page begins after all faces of that change: no id is larger than `~`.
        let after_id = after.1.map_or("~", PersistedFaceId::as_str);
        let page = Statement::new(SEARCHED)
            .text(group.as_str())
            .int(number(after.0))
            .text(after_id)
            .int(number(searched.added_up_to))
            .int(most);
        let rows = transaction.rows("reading templates", page).await?;
        let negative = |_| StoreError::corrupt("a negative added_at");
        rows.iter()
            .map(|row| Ok((u64::try_from(row.int("added_at")?).map_err(negative)?, sealed_from(row)?)))
            .collect()
    }

    async fn faces_of(&self, group: &GroupUid, person: &PersonId) -> Result<Vec<SealedFace>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let faces = Statement::new(OF_PERSON).text(group.as_str()).text(person.as_str());
        transaction.rows("reading templates", faces).await?.iter().map(sealed_from).collect()
    }
}

/// Counts faces in their collection and with their people; the number of this change.
async fn count(
    transaction: &mut Transaction,
    group: &GroupUid,
    faces: &[NewFace],
    limits: FaceLimits,
) -> Result<i64, StoreError> {
    let all = Statement::new(COUNT).text(group.as_str()).int(i64::try_from(faces.len()).unwrap_or(i64::MAX));
    let row = transaction.row("enrolling a face", all).await?.ok_or_else(|| {
        StoreError::new(StoreErrorKind::NotFound, "the collection does not exist or was erased")
    })?;
    let has_people = row.known("kind", GroupKind::from_text)?.has_people();
    if faces.iter().any(|face| face.person.is_some() != has_people) {
        let message = "a face is of a person in a group of people, and of nobody in a list of faces";
        return Err(StoreError::new(StoreErrorKind::Malformed, message));
    }
    let full = |most: u32, what: &str| {
        StoreError::new(StoreErrorKind::LimitReached, format!("{what} may hold {most} faces"))
    };
    if row.count("faces")? > limits.in_group {
        return Err(full(limits.in_group, "the collection"));
    }
    let mut by_person: BTreeMap<&PersonId, u32> = BTreeMap::new();
    faces.iter().filter_map(|face| face.person.as_ref()).for_each(|person| {
        *by_person.entry(person).or_default() += 1;
    });
    for (person, more) in by_person {
        let count = Statement::new(COUNT_OF_PERSON).text(group.as_str()).text(person.as_str()).int(more);
        let row = transaction.row("enrolling a face", count).await?.ok_or_else(no_person)?;
        if row.count("faces")? > limits.of_person {
            return Err(full(limits.of_person, "a person"));
        }
    }
    row.int("generation")
}

fn owned(sql: &'static str, owner: FaceOwner<'_>, id: &PersistedFaceId) -> Statement {
    Statement::new(sql)
        .text(owner.group.as_str())
        .text_or_null(owner.person.map(PersonId::as_str))
        .text(id.as_str())
}

fn face_from(row: &Record) -> Result<EnrolledFace, StoreError> {
    Ok(EnrolledFace { id: kept(PersistedFaceId::parse(&row.text("id")?))?, user_data: user_data_of(row)? })
}

fn sealed_from(row: &Record) -> Result<SealedFace, StoreError> {
    Ok(SealedFace {
        owner: owner_from(row)?,
        template: SealedTemplate { key_version: row.count("key_version")?, bytes: row.bytes("sealed")? },
    })
}

fn owner_from(row: &Record) -> Result<EnrolledOwner, StoreError> {
    Ok(EnrolledOwner {
        face: kept(PersistedFaceId::parse(&row.text("id")?))?,
        group: kept(GroupUid::parse(&row.text("group_uid")?))?,
        person: row.text_or_null("person_id")?.map(|id| kept(PersonId::parse(&id))).transpose()?,
    })
}

/// Templates that are sealed by a version before this one.
pub(super) async fn templates_before(
    transaction: &mut Transaction,
    version: u32,
    most: u32,
) -> Result<Vec<(TemplateOwner, SealedTemplate)>, StoreError> {
    let behind = Statement::new(BEHIND).int(version).int(most);
    let rows = transaction.rows("reading templates", behind).await?;
    let sealed = rows.iter().map(sealed_from);
    sealed.map(|face| face.map(|face| (TemplateOwner::Enrolled(face.owner), face.template))).collect()
}

fn no_face() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "the face does not exist or was erased")
}
