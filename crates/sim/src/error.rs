//! The one error of this crate: heads that cannot be read.

/// Why the bytes of `heads.bin` were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("heads.bin: {context}")]
pub struct HeadsError {
    kind: HeadsErrorKind,
    context: String,
}

/// The kinds of [`HeadsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadsErrorKind {
    /// Not this format, or another version of it.
    WrongFormat,
    /// The bytes end too early, or go on after the end.
    WrongLength,
    /// A count, an index or a number is out of its range.
    OutOfRange,
    /// A shape that every head needs is not there.
    MissingShape,
}

impl HeadsError {
    pub(crate) fn new(kind: HeadsErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> HeadsErrorKind {
        self.kind
    }
}
