//! Why faces could not be compared.

use std::error::Error;

use verilume_infer::InferError;

/// Faces could not be compared.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct RecognitionError {
    kind: RecognitionErrorKind,
    context: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`RecognitionError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecognitionErrorKind {
    /// A declaration of a network is out of range.
    Declaration,
    /// A network could not be loaded, or does not answer as declared.
    Model,
    /// The picture shows no face.
    NoFace,
    /// The picture shows several faces.
    SeveralFaces,
    /// The mesh has no extent, or lies outside the frame.
    Alignment,
    /// The embeddings are of different networks.
    Incomparable,
    /// Bytes are no template.
    Template,
    /// There are more templates than a search may hold.
    IndexFull,
    /// A calibration is malformed, or of another network.
    Calibration,
    /// There are too few different people for a calibration.
    TooFewPeople,
}

impl RecognitionError {
    pub(crate) fn new(kind: RecognitionErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn caused_by(
        kind: RecognitionErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> RecognitionErrorKind {
        self.kind
    }

    /// The error of the inference crate behind this one, if it is one.
    pub fn into_infer_error(self) -> Option<InferError> {
        self.source.and_then(|source| source.downcast().ok()).map(|error| *error)
    }
}

impl From<InferError> for RecognitionError {
    fn from(error: InferError) -> Self {
        Self::caused_by(RecognitionErrorKind::Model, "the embedding network could not be used", error)
    }
}
