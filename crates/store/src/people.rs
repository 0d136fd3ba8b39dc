//! Who is enrolled: collections of faces and of people, and the sealed templates in them. The store cannot open a
//! template.

use std::fmt;

use crate::{RecognitionModel, SealedTemplate, StoreError, StoreErrorKind, UnixMillis, uuid};

/// Random bytes that [`GroupUid`], [`PersonId`] and [`PersistedFaceId`] are made of.
pub const PEOPLE_ID_RANDOM_BYTES: usize = uuid::RANDOM_BYTES;

macro_rules! uuid_of {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// From random bytes; six bits of them give way to the UUID's version and variant.
            pub fn from_random(random: [u8; PEOPLE_ID_RANDOM_BYTES]) -> Self {
                Self(uuid::from_random(random))
            }

            /// From a UUID in its usual form, in any case.
            pub fn parse(text: &str) -> Result<Self, StoreError> {
                let message = concat!("the ", $what, " is not a UUID");
                uuid::parse(text).map(Self).ok_or_else(|| StoreError::new(StoreErrorKind::Malformed, message))
            }

            /// The UUID.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

uuid_of! {
    /// A collection as it was made: one that is erased and made again by the same name is another.
    GroupUid, "collection's own id"
}
uuid_of! {
    /// A person's id: a version 4 UUID in lower case.
    PersonId, "person's id"
}
uuid_of! {
    /// An enrolled face's id: a version 4 UUID in lower case.
    PersistedFaceId, "face's id"
}

/// What a collection holds, and how it is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupKind {
    /// Faces; a change is searched at once.
    FaceList,
    /// Faces; changes are searched when it has been trained.
    LargeFaceList,
    /// People with their faces; changes are searched when it has been trained.
    PersonGroup,
    /// The same for more people.
    LargePersonGroup,
    /// People of the directory, by their ids.
    DynamicPersonGroup,
    /// Every person who is in no group of their own; there is one. A change is searched at once.
    PersonDirectory,
}

impl GroupKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::FaceList,
        Self::LargeFaceList,
        Self::PersonGroup,
        Self::LargePersonGroup,
        Self::DynamicPersonGroup,
        Self::PersonDirectory,
    ];

    /// Its name, as paths of the interface have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaceList => "facelists",
            Self::LargeFaceList => "largefacelists",
            Self::PersonGroup => "persongroups",
            Self::LargePersonGroup => "largepersongroups",
            Self::DynamicPersonGroup => "dynamicpersongroups",
            Self::PersonDirectory => "persons",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether faces are searched only once it has been trained.
    pub fn is_trained(self) -> bool {
        matches!(self, Self::LargeFaceList | Self::PersonGroup | Self::LargePersonGroup)
    }

    /// Whether its faces belong to people.
    pub fn has_people(self) -> bool {
        !matches!(self, Self::FaceList | Self::LargeFaceList)
    }
}

/// What a caller calls a collection: 1 to 64 of the letters a to z, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(String);

impl GroupId {
    /// Most characters.
    pub const MAX_CHARS: usize = 64;

    /// Checks length and letters.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        let text = text.into();
        let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(is_known) {
            return Ok(Self(text));
        }
        let message = "a collection's id is not 1 to 64 of a-z, 0-9, - and _";
        Err(StoreError::new(StoreErrorKind::Malformed, message))
    }

    /// The id as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A collection as callers name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// Its kind; ids of different kinds have nothing to do with each other.
    pub kind: GroupKind,
    /// Its id.
    pub id: GroupId,
}

/// The name of a person or a collection: 1 to 128 characters. It may identify a person, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Most characters.
    pub const MAX_CHARS: usize = 128;

    /// Checks the length; blanks alone are no name.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        let text = text.into();
        let is_blank = text.trim().is_empty();
        if is_blank || text.chars().count() > Self::MAX_CHARS || text.contains('\0') {
            let message = format!("the name does not have 1 to {} characters", Self::MAX_CHARS);
            return Err(StoreError::new(StoreErrorKind::BadLength, message));
        }
        Ok(Self(text))
    }

    /// The name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisplayName([redacted {} bytes])", self.0.len())
    }
}

/// What an app server notes beside a person, a face or a collection. It may identify a person, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct UserData(String);

impl UserData {
    /// Most bytes beside a person or a collection.
    pub const MAX_BYTES: usize = 16 << 10;
    /// Most bytes beside a face.
    pub const MAX_FACE_BYTES: usize = 1 << 10;

    /// Beside a person or a collection.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        Self::of(text.into(), Self::MAX_BYTES)
    }

    /// Beside a face.
    pub fn of_face(text: impl Into<String>) -> Result<Self, StoreError> {
        Self::of(text.into(), Self::MAX_FACE_BYTES)
    }

    fn of(text: String, most: usize) -> Result<Self, StoreError> {
        if text.len() > most || text.contains('\0') {
            let message = format!("the user data have more than {most} bytes, or a null character");
            return Err(StoreError::new(StoreErrorKind::BadLength, message));
        }
        Ok(Self(text))
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserData([redacted {} bytes])", self.0.len())
    }
}

/// A collection to make.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its own id, random.
    pub uid: GroupUid,
    /// How callers name it.
    pub key: GroupKey,
    /// What it is called.
    pub name: DisplayName,
    /// What is noted beside it.
    pub user_data: Option<UserData>,
    /// What callers call the network that its faces are for.
    pub recognition_model: RecognitionModel,
    /// The time now.
    pub created_at: UnixMillis,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupRecord {
    /// Its own id.
    pub uid: GroupUid,
    /// How callers name it.
    pub key: GroupKey,
    /// What it is called.
    pub name: DisplayName,
    /// What is noted beside it.
    pub user_data: Option<UserData>,
    /// What callers call the network that its faces are for.
    pub recognition_model: RecognitionModel,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Its faces now.
    pub faces: u32,
    /// What of it can be searched; `None` before the first training of a kind that is trained.
    pub searched: Option<SearchedState>,
    /// Its newest training.
    pub training: Option<TrainingRecord>,
}

/// What of a collection can be searched. Two that are equal hold the same faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SearchedState {
    /// Faces that were added up to this change of it.
    pub added_up_to: u64,
    /// The change by which a face was last taken away; it goes at once, trained or not.
    pub removed_at: u64,
}

/// A training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrainingRecord {
    /// Where it stands.
    pub status: TrainingStatus,
    /// When it began.
    pub created_at: UnixMillis,
    /// When its status last changed.
    pub changed_at: UnixMillis,
    /// From then on, if it still runs, its node is gone and it counts as failed.
    pub must_end_by: UnixMillis,
    /// When a training last succeeded.
    pub trained_at: Option<UnixMillis>,
}

impl TrainingRecord {
    /// Where it stands at this time.
    pub fn status_at(&self, now: UnixMillis) -> TrainingStatus {
        let is_lost = self.status == TrainingStatus::Running && self.must_end_by <= now;
        if is_lost { TrainingStatus::Failed } else { self.status }
    }
}

/// Where a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrainingStatus {
    /// A node is at it.
    Running,
    /// What was there when it began can be searched.
    Succeeded,
    /// It did not come to its end.
    Failed,
}

impl TrainingStatus {
    const ALL: [Self; 3] = [Self::Running, Self::Succeeded, Self::Failed];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A training that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunTraining {
    /// Of which collection.
    pub group: GroupUid,
    /// When it began; a later one is another.
    pub created_at: UnixMillis,
    /// What it makes searchable.
    pub searched: SearchedState,
}

/// A person to enrol.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The person's id, random.
    pub id: PersonId,
    /// What the app server calls them.
    pub name: DisplayName,
    /// What is noted beside them.
    pub user_data: Option<UserData>,
    /// The time now.
    pub created_at: UnixMillis,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PersonRecord {
    /// The person's id.
    pub id: PersonId,
    /// What the app server calls them.
    pub name: DisplayName,
    /// What is noted beside them.
    pub user_data: Option<UserData>,
    /// Their faces, by ascending id.
    pub faces: Vec<PersistedFaceId>,
}

/// A face to enrol.
#[derive(Debug, Clone)]
pub struct NewFace {
    /// Its id, random.
    pub id: PersistedFaceId,
    /// Whose it is; `None` in a list of faces.
    pub person: Option<PersonId>,
    /// What is noted beside it.
    pub user_data: Option<UserData>,
    /// Its template.
    pub template: SealedTemplate,
    /// The time now.
    pub created_at: UnixMillis,
}

/// A face.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnrolledFace {
    /// Its id.
    pub id: PersistedFaceId,
    /// What is noted beside it.
    pub user_data: Option<UserData>,
}

/// Whose an enrolled template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledOwner {
    /// The face's id.
    pub face: PersistedFaceId,
    /// Its collection.
    pub group: GroupUid,
    /// Whose it is; `None` in a list of faces.
    pub person: Option<PersonId>,
}

/// A face with its template, to be searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFace {
    /// Whose it is.
    pub owner: EnrolledOwner,
    /// Its template.
    pub template: SealedTemplate,
}

/// Where a face is: in a list, or with a person.
#[derive(Debug, Clone, Copy)]
pub struct FaceOwner<'o> {
    /// The collection.
    pub group: &'o GroupUid,
    /// The person; `None` in a list of faces.
    pub person: Option<&'o PersonId>,
}

/// How many faces there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceLimits {
    /// In the collection.
    pub in_group: u32,
    /// Of one person.
    pub of_person: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_collections_have_few_letters() {
        #[track_caller]
        fn check(text: &str, is_good: bool) {
            assert_eq!(GroupId::new(text).is_ok(), is_good, "{text:?}");
        }
        check("staff-2_b", true);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        for text in ["", "Staff", "a b", "a/b", "ä", "a\n", "a.b", "'"] {
            check(text, false);
        }
    }

    #[test]
    fn names_and_notes_are_bounded_and_not_printed() {
        assert!(DisplayName::new("ä".repeat(128)).is_ok() && DisplayName::new("a".repeat(129)).is_err());
        assert!(DisplayName::new("").is_err() && DisplayName::new(" \n").is_err());
        assert!(DisplayName::new("a\0").is_err() && UserData::new("a\0").is_err());
        assert!(UserData::new("a".repeat(16 << 10)).is_ok() && UserData::new("a".repeat(16385)).is_err());
        assert!(UserData::of_face("a".repeat(1024)).is_ok() && UserData::of_face("a".repeat(1025)).is_err());
        let printed = format!("{:?} {:?}", DisplayName::new("Ada").unwrap(), UserData::new("born").unwrap());
        assert_eq!(printed, "DisplayName([redacted 3 bytes]) UserData([redacted 4 bytes])");
    }

    #[test]
    fn a_training_whose_node_is_gone_has_failed() {
        let at = UnixMillis::from_millis;
        let running = TrainingRecord {
            status: TrainingStatus::Running,
            created_at: at(0),
            changed_at: at(0),
            must_end_by: at(10),
            trained_at: None,
        };
        assert_eq!(running.status_at(at(9)), TrainingStatus::Running);
        assert_eq!(running.status_at(at(10)), TrainingStatus::Failed);
        let succeeded = TrainingRecord { status: TrainingStatus::Succeeded, ..running };
        assert_eq!(succeeded.status_at(at(10)), TrainingStatus::Succeeded);
    }
}
