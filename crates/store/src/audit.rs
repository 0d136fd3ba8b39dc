//! The record of who read, changed or erased what: a chain of hashes.

use sha2::{Digest as _, Sha256};

use crate::{GroupKey, PersonId, SessionId, StoreError, StoreErrorKind, UnixMillis};

/// Keeps these hashes apart from every other hash.
const DOMAIN: &[u8] = b"verilume audit v1\0";
/// The same for those of people's ids.
const PERSON_DOMAIN: &[u8] = b"verilume audit person v1\0";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditAction {
    /// A session was created.
    SessionCreated,
    /// A session and its results were read.
    SessionRead,
    /// Sessions were listed.
    SessionsListed,
    /// The liveness calls of a session were read.
    SessionAudited,
    /// What a session's decisions rest on was read.
    EvidenceRead,
    /// A session's picture was read.
    ImageRead,
    /// A session was erased.
    SessionErased,
    /// The settings were changed.
    SettingsChanged,
    /// The faces of a picture were looked for.
    FacesDetected,
    /// Two faces were compared.
    FacesCompared,
    /// A collection of faces or people was made.
    GroupCreated,
    /// A collection's name, notes or members were changed.
    GroupChanged,
    /// A collection was trained.
    GroupTrained,
    /// A collection was erased, with everybody in it.
    GroupErased,
    /// Collections, people or faces were read or listed.
    PeopleRead,
    /// A person was enrolled.
    PersonEnrolled,
    /// A person's name or notes were changed.
    PersonChanged,
    /// A person was erased, with their faces.
    PersonErased,
    /// A face was enrolled.
    FaceEnrolled,
    /// A face's notes were changed.
    FaceChanged,
    /// A face was erased.
    FaceErased,
    /// Faces were searched for among those enrolled.
    Identified,
}

impl AuditAction {
    const ALL: [Self; 22] = [
        Self::SessionCreated,
        Self::SessionRead,
        Self::SessionsListed,
        Self::SessionAudited,
        Self::EvidenceRead,
        Self::ImageRead,
        Self::SessionErased,
        Self::SettingsChanged,
        Self::FacesDetected,
        Self::FacesCompared,
        Self::GroupCreated,
        Self::GroupChanged,
        Self::GroupTrained,
        Self::GroupErased,
        Self::PeopleRead,
        Self::PersonEnrolled,
        Self::PersonChanged,
        Self::PersonErased,
        Self::FaceEnrolled,
        Self::FaceChanged,
        Self::FaceErased,
        Self::Identified,
    ];

    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionCreated => "session-created",
            Self::SessionRead => "session-read",
            Self::SessionsListed => "sessions-listed",
            Self::SessionAudited => "session-audited",
            Self::EvidenceRead => "evidence-read",
            Self::ImageRead => "image-read",
            Self::SessionErased => "session-erased",
            Self::SettingsChanged => "settings-changed",
            Self::FacesDetected => "faces-detected",
            Self::FacesCompared => "faces-compared",
            Self::GroupCreated => "group-created",
            Self::GroupChanged => "group-changed",
            Self::GroupTrained => "group-trained",
            Self::GroupErased => "group-erased",
            Self::PeopleRead => "people-read",
            Self::PersonEnrolled => "person-enrolled",
            Self::PersonChanged => "person-changed",
            Self::PersonErased => "person-erased",
            Self::FaceEnrolled => "face-enrolled",
            Self::FaceChanged => "face-changed",
            Self::FaceErased => "face-erased",
            Self::Identified => "identified",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// What an entry is about, if it is no session: a collection, or a person by a hash of their id. Stays for ever, so it
/// holds no id of a person and nobody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSubject(String);

impl AuditSubject {
    /// The longest, bytes.
    pub const MAX_BYTES: usize = 200;
    /// Digits of a person's hash. Origin: 64 bits tell apart more people than there are.
    const HASH_DIGITS: usize = 16;

    /// A collection as a whole.
    pub fn group(group: &GroupKey) -> Self {
        Self(format!("{}/{}", group.kind.as_str(), group.id.as_str()))
    }

    /// A person of a collection. Whoever knows the id finds the person's entries by [`Self::person_hash`]; from an entry
    /// nobody finds the id.
    pub fn person(group: &GroupKey, person: &PersonId) -> Self {
        Self(format!("{}/{}", Self::group(group).0, Self::person_hash(person)))
    }

    /// By what a person is known in the log.
    pub fn person_hash(person: &PersonId) -> String {
        let hash = Sha256::new().chain_update(PERSON_DOMAIN).chain_update(person.as_str()).finalize();
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        digits[..Self::HASH_DIGITS].to_owned()
    }

    pub(crate) fn from_text(text: String) -> Result<Self, StoreError> {
        if (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text));
        }
        Err(StoreError::new(
            StoreErrorKind::Malformed,
            "an entry's subject is not 1 to 200 printable characters",
        ))
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// The time now.
    pub at: UnixMillis,
    /// Who: the id of an API key, or a word for the operator's own commands.
    pub actor: String,
    /// What.
    pub action: AuditAction,
    /// To which session.
    pub session: Option<SessionId>,
    /// To what else.
    pub subject: Option<AuditSubject>,
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEntry {
    /// From 1 on, without gaps.
    pub sequence: u64,
    /// What was recorded.
    pub entry: NewAuditEntry,
    /// SHA-256 over the hash before it and what was recorded.
    pub hash: AuditHash,
}

/// A hash of the chain. Prints as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub(crate) [u8; 32]);

impl AuditHash {
    /// What stands before the first entry.
    pub const START: Self = Self([0; 32]);

    /// The hash of an entry that follows this one.
    pub(crate) fn followed_by(self, sequence: u64, entry: &NewAuditEntry) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.0);
        hash.update(sequence.to_be_bytes());
        hash.update(entry.at.as_millis().to_be_bytes());
        let session = entry.session.as_ref().map_or("", SessionId::as_str);
        let subject = entry.subject.as_ref().map(AuditSubject::as_str);
        // Without a subject the hash is what it was before there were any.
        for text in [entry.actor.as_str(), entry.action.as_str(), session].into_iter().chain(subject) {
            // With its length, so that no text can pass for two.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }
}

impl std::fmt::Display for AuditHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Follows a chain entry by entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditChain {
    entries: u64,
    hash: AuditHash,
}

impl AuditChain {
    /// Before the first entry.
    pub const START: Self = Self { entries: 0, hash: AuditHash::START };

    /// The entry must be the next one: else somebody changed, removed or inserted one.
    pub fn follow(&mut self, next: &AuditEntry) -> Result<(), StoreError> {
        let sequence = self.entries + 1;
        if next.sequence != sequence || self.hash.followed_by(sequence, &next.entry) != next.hash {
            let message = format!("the audit log was changed: entry {sequence} is not what was written");
            return Err(StoreError::new(StoreErrorKind::Corrupt, message));
        }
        (self.entries, self.hash) = (sequence, next.hash);
        Ok(())
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The hash of the last one. Kept elsewhere, it also shows whether entries were cut off at the end.
    pub fn hash(&self) -> AuditHash {
        self.hash
    }
}
