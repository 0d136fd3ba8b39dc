//! Why a recorded session could not be written or read.

use std::io;
use std::path::{Path, PathBuf};

use crate::media::MediaError;

/// Why a recorded session could not be written or read. Prints as one line that names the folder or file and never
/// holds pixels.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}", path = .path.display())]
pub struct RecordingError {
    kind: RecordingErrorKind,
    path: PathBuf,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`RecordingError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingErrorKind {
    /// There is no `session.json`: the folder is no session, or its recording was stopped.
    NotASession,
    /// The folder or a file in it could not be read.
    Unreadable,
    /// `session.json` is no JSON of this format.
    Malformed,
    /// `session.json` is of a version that this build does not know.
    UnknownVersion,
    /// Parts of the session contradict each other or are out of range.
    Inconsistent,
    /// Frames are missing, too many or damaged.
    FramesUnusable,
    /// Something is already where the session would be written.
    AlreadyThere,
    /// The session could not be written.
    Unwritable,
}

impl RecordingError {
    pub(super) fn new(kind: RecordingErrorKind, path: &Path, message: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), message: message.into(), source: None }
    }

    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        let message = format!("could not be read: {error}");
        Self { source: Some(Box::new(error)), ..Self::new(RecordingErrorKind::Unreadable, path, message) }
    }

    pub(super) fn unwritable(path: &Path, error: io::Error) -> Self {
        let message = format!("cannot be written: {error}");
        Self { source: Some(Box::new(error)), ..Self::new(RecordingErrorKind::Unwritable, path, message) }
    }

    pub(super) fn frames(path: &Path, error: MediaError) -> Self {
        let message = format!("the frames cannot be read: {error}");
        Self { source: Some(Box::new(error)), ..Self::new(RecordingErrorKind::FramesUnusable, path, message) }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> RecordingErrorKind {
        self.kind
    }

    /// A stable snake_case code of the kind.
    pub fn code(&self) -> &'static str {
        match self.kind {
            RecordingErrorKind::NotASession => "not_a_session",
            RecordingErrorKind::Unreadable => "session_unreadable",
            RecordingErrorKind::Malformed => "session_malformed",
            RecordingErrorKind::UnknownVersion => "session_version_unknown",
            RecordingErrorKind::Inconsistent => "session_inconsistent",
            RecordingErrorKind::FramesUnusable => "session_frames_unusable",
            RecordingErrorKind::AlreadyThere => "session_already_there",
            RecordingErrorKind::Unwritable => "output_unwritable",
        }
    }

    /// What to do next, one line.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            RecordingErrorKind::NotASession => {
                "name a folder that `verilume simulate --record` wrote; one without session.json was not finished"
            }
            RecordingErrorKind::Unreadable => "check that the folder and its files may be read",
            RecordingErrorKind::Malformed | RecordingErrorKind::Inconsistent => {
                "session.json was changed or damaged: copy or record the session again"
            }
            RecordingErrorKind::UnknownVersion => "read it with the version of verilume that wrote it",
            RecordingErrorKind::FramesUnusable => {
                "files of the folder `frames` were lost, added or damaged: copy or record the session again"
            }
            RecordingErrorKind::AlreadyThere => "name another folder, or move this one away",
            RecordingErrorKind::Unwritable => "name a folder that can be created",
        }
    }
}
