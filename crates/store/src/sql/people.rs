//! Collections and people: statements.

use async_trait::async_trait;

use super::{Access, Record, SqlStore, Statement, Transaction, kept};
use crate::{
    BegunTraining, DisplayName, GroupId, GroupKey, GroupKind, GroupRecord, GroupStore, GroupUid, NewGroup,
    NewPerson, PersistedFaceId, PersonId, PersonRecord, PersonStore, RecognitionModel, SearchedState,
    StoreError, StoreErrorKind, TrainingRecord, TrainingStatus, UnixMillis, UserData,
};

macro_rules! columns {
    () => {
        "uid, kind, id, name, user_data, recognition_model, created_at, generation, removed_at, faces, \
         trained_generation, trained_at, training_status, training_created, training_changed, training_end_by"
    };
}

const INSERT: &str = "INSERT INTO face_groups (uid, kind, id, name, user_data, recognition_model, created_at, \
                      generation, removed_at, people, faces) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0) \
                      ON CONFLICT (kind, id) DO NOTHING RETURNING uid";
const SELECT: &str = concat!("SELECT ", columns!(), " FROM face_groups WHERE kind = $1 AND id = $2");
const GROUP_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM face_groups WHERE uid = (SELECT group_uid FROM people WHERE people.id = $1)"
);
const LIST: &str =
    concat!("SELECT ", columns!(), " FROM face_groups WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3");
const UPDATE: &str = "UPDATE face_groups SET name = COALESCE($3, name), user_data = COALESCE($4, user_data) \
                      WHERE kind = $1 AND id = $2 RETURNING uid";
const DELETE: &str = "DELETE FROM face_groups WHERE kind = $1 AND id = $2 RETURNING uid";
/// Locks the row until the transaction ends, in either database, and reads it as it then is.
const LOCK: &str = concat!(
    "UPDATE face_groups SET generation = generation WHERE kind = $1 AND id = $2 RETURNING ",
    columns!()
);
const BEGIN_TRAINING: &str = "UPDATE face_groups SET training_status = 'running', training_created = $2, \
                              training_changed = $2, training_end_by = $3 WHERE uid = $1";
const END_TRAINING: &str = "UPDATE face_groups SET training_status = 'succeeded', training_changed = $3, \
                            trained_at = $3, trained_generation = $4 \
                            WHERE uid = $1 AND training_created = $2 AND training_status = 'running' RETURNING uid";
const FAIL_TRAINING: &str = "UPDATE face_groups SET training_status = 'failed', training_changed = $3 \
                             WHERE uid = $1 AND training_created = $2 AND training_status = 'running' RETURNING uid";
const IS_IN_DIRECTORY: &str = "SELECT p.id FROM people p JOIN face_groups g ON g.uid = p.group_uid \
                               WHERE p.id = $1 AND g.kind = 'persons'";
const ADD_MEMBER: &str = "INSERT INTO group_members (group_uid, person_id) VALUES ($1, $2) \
                          ON CONFLICT (group_uid, person_id) DO NOTHING";
const REMOVE_MEMBER: &str = "DELETE FROM group_members WHERE group_uid = $1 AND person_id = $2";
const MEMBERS: &str = "SELECT person_id FROM group_members WHERE group_uid = $1 AND person_id > $2 \
                       ORDER BY person_id LIMIT $3";
const GROUPS_OF: &str = "SELECT g.id FROM group_members m JOIN face_groups g ON g.uid = m.group_uid \
                         WHERE m.person_id = $1 ORDER BY g.id";

const COUNT_PERSON: &str = "UPDATE face_groups SET people = people + 1 WHERE uid = $1 RETURNING people, kind";
const INSERT_PERSON: &str = "INSERT INTO people (id, group_uid, name, user_data, faces, created_at) \
                             VALUES ($1, $2, $3, $4, 0, $5)";
const PERSON: &str = "SELECT id, name, user_data FROM people WHERE id = $2 AND group_uid = $1";
const PEOPLE: &str =
    "SELECT id, name, user_data FROM people WHERE group_uid = $1 AND id > $2 ORDER BY id LIMIT $3";
const FACES_OF_PEOPLE: &str = "SELECT id, person_id FROM enrolled_faces \
                               WHERE person_id BETWEEN $2 AND $3 AND group_uid = $1 ORDER BY person_id, id";
const UPDATE_PERSON: &str = "UPDATE people SET name = COALESCE($3, name), user_data = COALESCE($4, user_data) \
                             WHERE id = $2 AND group_uid = $1 RETURNING id";
/// The collection first, as everywhere: transactions that lock in one order cannot block each other.
const FORGET: &str = "UPDATE face_groups SET generation = generation + 1, removed_at = generation + 1 \
                      WHERE uid = $1 RETURNING uid";
const DELETE_PERSON: &str = "DELETE FROM people WHERE id = $2 AND group_uid = $1 RETURNING faces";
const UNCOUNT: &str = "UPDATE face_groups SET people = people - $2, faces = faces - $3 WHERE uid = $1";

#[async_trait]
impl GroupStore for SqlStore {
    async fn create_group(&self, group: &NewGroup) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let insert = Statement::new(INSERT)
            .text(group.uid.as_str())
            .text(group.key.kind.as_str())
            .text(group.key.id.as_str())
            .text(group.name.as_str())
            .text_or_null(group.user_data.as_ref().map(UserData::as_str))
            .text(group.recognition_model.as_str())
            .time(group.created_at);
        if transaction.row("making a collection", insert).await?.is_none() {
            return Err(StoreError::new(StoreErrorKind::AlreadyExists, "a collection has this id already"));
        }
        transaction.commit().await
    }

    async fn group(&self, key: &GroupKey) -> Result<GroupRecord, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        read(&mut transaction, SELECT, key).await
    }

    async fn groups(
        &self,
        kind: GroupKind,
        after: Option<&GroupId>,
        most: u32,
    ) -> Result<Vec<GroupRecord>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let after = after.map_or("", GroupId::as_str);
        let list = Statement::new(LIST).text(kind.as_str()).text(after).int(most);
        transaction.rows("listing collections", list).await?.iter().map(group_from).collect()
    }

    async fn update_group(
        &self,
        key: &GroupKey,
        name: Option<&DisplayName>,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let update = keyed(UPDATE, key)
            .text_or_null(name.map(DisplayName::as_str))
            .text_or_null(user_data.map(UserData::as_str));
        transaction.row("changing a collection", update).await?.ok_or_else(no_group)?;
        transaction.commit().await?;
        self.forget_erased().await
    }

    async fn erase_group(&self, key: &GroupKey) -> Result<(), StoreError> {
        let mut transaction = self.begin_erasure().await?;
        transaction.row("erasing a collection", keyed(DELETE, key)).await?.ok_or_else(no_group)?;
        transaction.commit().await?;
        self.forget_person().await
    }

    async fn begin_training(
        &self,
        key: &GroupKey,
        now: UnixMillis,
        must_end_by: UnixMillis,
    ) -> Result<BegunTraining, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let statement = keyed(LOCK, key);
        let row = transaction.row("locking a collection", statement).await?.ok_or_else(no_group)?;
        let group = group_from(&row)?;
        if group.training.is_some_and(|training| training.status_at(now) == TrainingStatus::Running) {
            return Err(StoreError::new(StoreErrorKind::TrainingRunning, "the collection is in training"));
        }
        let begin = Statement::new(BEGIN_TRAINING).text(group.uid.as_str()).time(now).time(must_end_by);
        transaction.rows("beginning a training", begin).await?;
        let searched = SearchedState {
            added_up_to: change(&row, "generation")?,
            removed_at: change(&row, "removed_at")?,
        };
        transaction.commit().await?;
        Ok(BegunTraining { group: group.uid, created_at: now, searched })
    }

    async fn end_training(
        &self,
        training: &BegunTraining,
        has_succeeded: bool,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let sql = if has_succeeded { END_TRAINING } else { FAIL_TRAINING };
        let mut end = Statement::new(sql).text(training.group.as_str()).time(training.created_at).time(now);
        if has_succeeded {
            end = end.int(i64::try_from(training.searched.added_up_to).unwrap_or(i64::MAX));
        }
        // Another may have begun since, if this one took too long; or the collection is gone.
        let ended = transaction.row("ending a training", end).await?;
        ended.ok_or_else(|| {
            StoreError::new(StoreErrorKind::NotFound, "the training is not running any more")
        })?;
        transaction.commit().await
    }

    async fn change_members(
        &self,
        group: &GroupUid,
        add: &[PersonId],
        remove: &[PersonId],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        for person in add {
            let known = Statement::new(IS_IN_DIRECTORY).text(person.as_str());
            transaction.row("reading a person", known).await?.ok_or_else(no_person)?;
            let add = Statement::new(ADD_MEMBER).text(group.as_str()).text(person.as_str());
            transaction.rows("adding a member", add).await?;
        }
        for person in remove {
            let remove = Statement::new(REMOVE_MEMBER).text(group.as_str()).text(person.as_str());
            transaction.rows("removing a member", remove).await?;
        }
        transaction.commit().await
    }

    async fn members(
        &self,
        group: &GroupUid,
        after: Option<&PersonId>,
        most: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let after = after.map_or("", PersonId::as_str);
        let members = Statement::new(MEMBERS).text(group.as_str()).text(after).int(most);
        let rows = transaction.rows("listing members", members).await?;
        rows.iter().map(|row| kept(PersonId::parse(&row.text("person_id")?))).collect()
    }

    async fn groups_of(&self, person: &PersonId) -> Result<Vec<GroupId>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let groups = Statement::new(GROUPS_OF).text(person.as_str());
        let rows = transaction.rows("listing a person's groups", groups).await?;
        rows.iter().map(|row| kept(GroupId::new(row.text("id")?))).collect()
    }
}

#[async_trait]
impl PersonStore for SqlStore {
    async fn create_person(
        &self,
        group: &GroupUid,
        person: &NewPerson,
        max_people: u32,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let count = Statement::new(COUNT_PERSON).text(group.as_str());
        let row = transaction.row("enrolling a person", count).await?.ok_or_else(no_group)?;
        let kind = row.known("kind", GroupKind::from_text)?;
        if !kind.has_people() || kind == GroupKind::DynamicPersonGroup {
            let message = "a person is enrolled in a group of people or in the directory";
            return Err(StoreError::new(StoreErrorKind::Malformed, message));
        }
        if row.count("people")? > max_people {
            let message = format!("a group may hold {max_people} people");
            return Err(StoreError::new(StoreErrorKind::LimitReached, message));
        }
        let insert = Statement::new(INSERT_PERSON)
            .text(person.id.as_str())
            .text(group.as_str())
            .text(person.name.as_str())
            .text_or_null(person.user_data.as_ref().map(UserData::as_str))
            .time(person.created_at);
        transaction.rows("enrolling a person", insert).await?;
        transaction.commit().await
    }

    async fn person(&self, group: &GroupUid, id: &PersonId) -> Result<PersonRecord, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let person = Statement::new(PERSON).text(group.as_str()).text(id.as_str());
        let people = people_from(&transaction.rows("reading a person", person).await?)?;
        with_faces(&mut transaction, group, people).await?.pop().ok_or_else(no_person)
    }

    async fn people(
        &self,
        group: &GroupUid,
        after: Option<&PersonId>,
        most: u32,
    ) -> Result<Vec<PersonRecord>, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let after = after.map_or("", PersonId::as_str);
        let people = Statement::new(PEOPLE).text(group.as_str()).text(after).int(most);
        let people = people_from(&transaction.rows("listing people", people).await?)?;
        with_faces(&mut transaction, group, people).await
    }

    async fn update_person(
        &self,
        group: &GroupUid,
        id: &PersonId,
        name: Option<&DisplayName>,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        let update = Statement::new(UPDATE_PERSON)
            .text(group.as_str())
            .text(id.as_str())
            .text_or_null(name.map(DisplayName::as_str))
            .text_or_null(user_data.map(UserData::as_str));
        transaction.row("changing a person", update).await?.ok_or_else(no_person)?;
        transaction.commit().await?;
        self.forget_erased().await
    }

    async fn group_of(&self, id: &PersonId) -> Result<GroupRecord, StoreError> {
        let mut transaction = self.begin(Access::Read).await?;
        let row = transaction.row("reading a collection", Statement::new(GROUP_OF).text(id.as_str())).await?;
        group_from(&row.ok_or_else(no_person)?)
    }

    async fn erase_person(&self, group: &GroupUid, id: &PersonId) -> Result<(), StoreError> {
        let mut transaction = self.begin_erasure().await?;
        forget(&mut transaction, group).await?;
        let delete = Statement::new(DELETE_PERSON).text(group.as_str()).text(id.as_str());
        let row = transaction.row("erasing a person", delete).await?.ok_or_else(no_person)?;
        uncount(&mut transaction, group, 1, row.count("faces")?).await?;
        transaction.commit().await?;
        self.forget_person().await
    }
}

/// Notes that something is taken out of a collection, and holds it until the transaction ends.
pub(super) async fn forget(transaction: &mut Transaction, group: &GroupUid) -> Result<(), StoreError> {
    let row = transaction.row("erasing", Statement::new(FORGET).text(group.as_str())).await?;
    row.map(drop).ok_or_else(no_group)
}

pub(super) async fn uncount(
    transaction: &mut Transaction,
    group: &GroupUid,
    people: u32,
    faces: u32,
) -> Result<(), StoreError> {
    let uncount = Statement::new(UNCOUNT).text(group.as_str()).int(people).int(faces);
    transaction.rows("erasing", uncount).await.map(drop)
}

fn keyed(sql: &'static str, key: &GroupKey) -> Statement {
    Statement::new(sql).text(key.kind.as_str()).text(key.id.as_str())
}

async fn read(
    transaction: &mut Transaction,
    sql: &'static str,
    key: &GroupKey,
) -> Result<GroupRecord, StoreError> {
    let row = transaction.row("reading a collection", keyed(sql, key)).await?;
    group_from(&row.ok_or_else(no_group)?)
}

/// People in the order of their ids, with their faces.
async fn with_faces(
    transaction: &mut Transaction,
    group: &GroupUid,
    mut people: Vec<PersonRecord>,
) -> Result<Vec<PersonRecord>, StoreError> {
    let (Some(first), Some(last)) = (people.first(), people.last()) else { return Ok(people) };
    let faces =
        Statement::new(FACES_OF_PEOPLE).text(group.as_str()).text(first.id.as_str()).text(last.id.as_str());
    for row in transaction.rows("listing people's faces", faces).await? {
        let person = kept(PersonId::parse(&row.text("person_id")?))?;
        if let Ok(at) = people.binary_search_by(|one| one.id.cmp(&person)) {
            people[at].faces.push(kept(PersistedFaceId::parse(&row.text("id")?))?);
        }
    }
    Ok(people)
}

fn people_from(rows: &[Record]) -> Result<Vec<PersonRecord>, StoreError> {
    rows.iter().map(person_from).collect()
}

fn person_from(row: &Record) -> Result<PersonRecord, StoreError> {
    Ok(PersonRecord {
        id: kept(PersonId::parse(&row.text("id")?))?,
        name: kept(DisplayName::new(row.text("name")?))?,
        user_data: user_data_of(row)?,
        faces: Vec::new(),
    })
}

pub(super) fn user_data_of(row: &Record) -> Result<Option<UserData>, StoreError> {
    row.text_or_null("user_data")?.map(|text| kept(UserData::new(text))).transpose()
}

/// The number of a change.
fn change(row: &Record, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.int(column)?)
        .map_err(|_negative| StoreError::corrupt(format_args!("a negative {column}")))
}

fn group_from(row: &Record) -> Result<GroupRecord, StoreError> {
    let kind = row.known("kind", GroupKind::from_text)?;
    let added_up_to = match (kind.is_trained(), row.int_or_null("trained_generation")?) {
        (false, _) => Some(change(row, "generation")?),
        (true, Some(_)) => Some(change(row, "trained_generation")?),
        (true, None) => None,
    };
    let removed_at = change(row, "removed_at")?;
    Ok(GroupRecord {
        uid: kept(GroupUid::parse(&row.text("uid")?))?,
        key: GroupKey { kind, id: kept(GroupId::new(row.text("id")?))? },
        name: kept(DisplayName::new(row.text("name")?))?,
        user_data: user_data_of(row)?,
        recognition_model: kept(RecognitionModel::new(row.text("recognition_model")?))?,
        created_at: row.time("created_at")?,
        faces: row.count("faces")?,
        searched: added_up_to.map(|added_up_to| SearchedState { added_up_to, removed_at }),
        training: training_from(row)?,
    })
}

fn training_from(row: &Record) -> Result<Option<TrainingRecord>, StoreError> {
    if row.text_or_null("training_status")?.is_none() {
        return Ok(None);
    }
    Ok(Some(TrainingRecord {
        status: row.known("training_status", TrainingStatus::from_text)?,
        created_at: row.time("training_created")?,
        changed_at: row.time("training_changed")?,
        must_end_by: row.time("training_end_by")?,
        trained_at: row.time_or_null("trained_at")?,
    }))
}

fn no_group() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "the collection does not exist or was erased")
}

pub(super) fn no_person() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "the person does not exist or was erased")
}
