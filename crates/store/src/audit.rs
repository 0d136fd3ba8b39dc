//! The record of who read, changed or erased what: a chain of hashes.

use sha2::{Digest as _, Sha256};

use crate::{SessionId, StoreError, StoreErrorKind, UnixMillis};

/// Keeps these hashes apart from every other hash.
const DOMAIN: &[u8] = b"verilume audit v1\0";

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
}

impl AuditAction {
    const ALL: [Self; 8] = [
        Self::SessionCreated,
        Self::SessionRead,
        Self::SessionsListed,
        Self::SessionAudited,
        Self::EvidenceRead,
        Self::ImageRead,
        Self::SessionErased,
        Self::SettingsChanged,
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
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
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
        for text in [entry.actor.as_str(), entry.action.as_str(), session] {
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
