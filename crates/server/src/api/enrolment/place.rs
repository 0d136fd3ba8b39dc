//! What a path names: a collection, a person in it, a face of theirs.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde::Deserialize;
use verilume_store::{
    DisplayName, FaceOwner, GroupId, GroupKey, GroupKind, GroupRecord, GroupUid, NewGroup,
    PEOPLE_ID_RANDOM_BYTES, PersistedFaceId, PersonId, RecognitionModel, StoreErrorKind,
};

use super::fault::{no_group, said};
use crate::api::ApiError;
use crate::api::face::fault::bad_argument;
use crate::clock::fill_random;
use crate::service::Service;

/// The person directory has one name in the store.
const DIRECTORY: &str = "directory";

/// What a path names, as it stands there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) group: Option<String>,
    person: Option<String>,
    face: Option<String>,
    pub(super) model: Option<String>,
}

/// It may not even be text.
pub(super) type RawPlace = Result<Path<Place>, PathRejection>;

/// Random bytes of an id.
pub(super) fn random() -> [u8; PEOPLE_ID_RANDOM_BYTES] {
    let mut random = [0; PEOPLE_ID_RANDOM_BYTES];
    fill_random(&mut random);
    random
}

impl Place {
    pub(super) fn of(place: RawPlace) -> Result<Self, ApiError> {
        place.map(|Path(place)| place).map_err(|_unreadable| bad_argument("The address cannot be read."))
    }

    pub(super) fn key(&self, kind: GroupKind) -> Result<GroupKey, ApiError> {
        key(kind, self.group.as_deref().unwrap_or(DIRECTORY))
    }

    /// The collection, which has to be there.
    pub(super) async fn group(&self, service: &Service, kind: GroupKind) -> Result<GroupRecord, ApiError> {
        if kind == GroupKind::PersonDirectory {
            return directory(service).await;
        }
        let found = service.store.group(&self.key(kind)?).await;
        found.map_err(|error| said(error, || no_group(kind)))
    }

    pub(super) fn person(&self) -> Result<PersonId, ApiError> {
        let id = self.person.as_deref().unwrap_or_default();
        PersonId::parse(id).map_err(|_malformed| bad_argument("'personId' is invalid."))
    }

    pub(super) fn face(&self) -> Result<PersistedFaceId, ApiError> {
        let id = self.face.as_deref().unwrap_or_default();
        PersistedFaceId::parse(id).map_err(|_malformed| bad_argument("'persistedFaceId' is invalid."))
    }

    /// The person of a collection that has people.
    pub(super) fn owner(&self, kind: GroupKind) -> Result<Option<PersonId>, ApiError> {
        kind.has_people().then(|| self.person()).transpose()
    }
}

/// Whose a face is.
pub(super) fn owned_by<'o>(group: &'o GroupUid, person: Option<&'o PersonId>) -> FaceOwner<'o> {
    FaceOwner { group, person }
}

/// The name of a collection.
pub(super) fn key(kind: GroupKind, id: &str) -> Result<GroupKey, ApiError> {
    let id = GroupId::new(id.to_ascii_lowercase()).map_err(|_malformed| {
        let field = field_of(kind);
        bad_argument(format!("'{field}' is invalid: it is 1 to {} of a-z, 0-9, - and _.", GroupId::MAX_CHARS))
    })?;
    Ok(GroupKey { kind, id })
}

/// The field that names a collection.
pub(super) fn field_of(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::FaceList => "faceListId",
        GroupKind::LargeFaceList => "largeFaceListId",
        GroupKind::PersonGroup => "personGroupId",
        GroupKind::LargePersonGroup => "largePersonGroupId",
        _ => "dynamicPersonGroupId",
    }
}

/// The person directory, made when it is first asked for.
pub(super) async fn directory(service: &Service) -> Result<GroupRecord, ApiError> {
    let key = key(GroupKind::PersonDirectory, DIRECTORY)?;
    match service.store.group(&key).await {
        Err(error) if error.kind() == StoreErrorKind::NotFound => {}
        found => return Ok(found?),
    }
    let new = NewGroup {
        uid: GroupUid::from_random(random()),
        key: key.clone(),
        name: DisplayName::new(DIRECTORY)?,
        user_data: None,
        recognition_model: RecognitionModel::new("recognition_04")?,
        created_at: service.clock.unix(),
    };
    match service.store.create_group(&new).await {
        // Another was faster.
        Err(error) if error.kind() != StoreErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(service.store.group(&key).await?),
    }
}
