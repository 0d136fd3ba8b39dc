//! What a store can do with those who are enrolled.

use async_trait::async_trait;

use crate::{
    BegunTraining, DisplayName, EnrolledFace, FaceLimits, FaceOwner, GroupId, GroupKey, GroupKind,
    GroupRecord, GroupUid, NewFace, NewGroup, NewPerson, PersistedFaceId, PersonId, PersonRecord, SealedFace,
    SearchedState, StoreError, UnixMillis, UserData,
};

/// Collections of faces and of people. What is not there is [`NotFound`](crate::StoreErrorKind::NotFound).
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Makes a collection. [`AlreadyExists`](crate::StoreErrorKind::AlreadyExists) if there is one of this kind and id.
    async fn create_group(&self, group: &NewGroup) -> Result<(), StoreError>;

    /// A collection as it is now.
    async fn group(&self, key: &GroupKey) -> Result<GroupRecord, StoreError>;

    /// Collections of a kind by ascending id.
    async fn groups(
        &self,
        kind: GroupKind,
        after: Option<&GroupId>,
        most: u32,
    ) -> Result<Vec<GroupRecord>, StoreError>;

    /// Changes what is given.
    async fn update_group(
        &self,
        key: &GroupKey,
        name: Option<&DisplayName>,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError>;

    /// Erases a collection at once, with everybody in it. Members of a dynamic group stay in the directory.
    async fn erase_group(&self, key: &GroupKey) -> Result<(), StoreError>;

    /// Begins a training. Of many callers at once, on any number of nodes, one begins; the others learn that it is
    /// [`TrainingRunning`](crate::StoreErrorKind::TrainingRunning).
    async fn begin_training(
        &self,
        key: &GroupKey,
        now: UnixMillis,
        must_end_by: UnixMillis,
    ) -> Result<BegunTraining, StoreError>;

    /// Ends a training: what was there when it began can be searched, if it has succeeded. `NotFound` if the collection
    /// is gone or a later training has begun.
    async fn end_training(
        &self,
        training: &BegunTraining,
        has_succeeded: bool,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// Adds people of the directory to a dynamic group and takes others out; who is one already, or none, stays so.
    async fn change_members(
        &self,
        group: &GroupUid,
        add: &[PersonId],
        remove: &[PersonId],
    ) -> Result<(), StoreError>;

    /// Members of a dynamic group by ascending id.
    async fn members(
        &self,
        group: &GroupUid,
        after: Option<&PersonId>,
        most: u32,
    ) -> Result<Vec<PersonId>, StoreError>;

    /// The dynamic groups that a person is a member of, by ascending id.
    async fn groups_of(&self, person: &PersonId) -> Result<Vec<GroupId>, StoreError>;
}

/// People, each in a group or in the directory.
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// Enrols a person. [`LimitReached`](crate::StoreErrorKind::LimitReached) if the group holds so many already.
    async fn create_person(
        &self,
        group: &GroupUid,
        person: &NewPerson,
        max_people: u32,
    ) -> Result<(), StoreError>;

    /// A person with the ids of their faces.
    async fn person(&self, group: &GroupUid, id: &PersonId) -> Result<PersonRecord, StoreError>;

    /// People by ascending id.
    async fn people(
        &self,
        group: &GroupUid,
        after: Option<&PersonId>,
        most: u32,
    ) -> Result<Vec<PersonRecord>, StoreError>;

    /// Changes what is given.
    async fn update_person(
        &self,
        group: &GroupUid,
        id: &PersonId,
        name: Option<&DisplayName>,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError>;

    /// The collection that a person is enrolled in.
    async fn group_of(&self, id: &PersonId) -> Result<GroupRecord, StoreError>;

    /// Erases a person at once: name, notes, templates, memberships.
    async fn erase_person(&self, group: &GroupUid, id: &PersonId) -> Result<(), StoreError>;
}

/// Faces with their sealed templates.
#[async_trait]
pub trait EnrolledFaceStore: Send + Sync {
    /// Enrols faces, all of them or none. [`LimitReached`](crate::StoreErrorKind::LimitReached) beyond the limits.
    async fn enrol_faces(
        &self,
        group: &GroupUid,
        faces: &[NewFace],
        limits: FaceLimits,
    ) -> Result<(), StoreError>;

    /// A face, without its template.
    async fn enrolled_face(
        &self,
        owner: FaceOwner<'_>,
        id: &PersistedFaceId,
    ) -> Result<EnrolledFace, StoreError>;

    /// Faces of a list by ascending id.
    async fn enrolled_faces(
        &self,
        list: &GroupUid,
        after: Option<&PersistedFaceId>,
        most: u32,
    ) -> Result<Vec<EnrolledFace>, StoreError>;

    /// Puts other notes beside a face, or none.
    async fn update_enrolled_face(
        &self,
        owner: FaceOwner<'_>,
        id: &PersistedFaceId,
        user_data: Option<&UserData>,
    ) -> Result<(), StoreError>;

    /// Erases a face at once.
    async fn erase_enrolled_face(&self, owner: FaceOwner<'_>, id: &PersistedFaceId)
    -> Result<(), StoreError>;

    /// A page of the faces that can be searched, in the order in which they were added, each with the number of the change
    /// that added it. It begins after a face, or after all faces of a change where none is named.
    async fn searched_faces(
        &self,
        group: &GroupUid,
        searched: SearchedState,
        after: (u64, Option<&PersistedFaceId>),
        most: u32,
    ) -> Result<Vec<(u64, SealedFace)>, StoreError>;

    /// Every face of a person.
    async fn faces_of(&self, group: &GroupUid, person: &PersonId) -> Result<Vec<SealedFace>, StoreError>;
}
