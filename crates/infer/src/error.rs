//! Why a model could not be loaded or run.

use std::error::Error;

/// A model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct InferError {
    kind: InferErrorKind,
    context: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`InferError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InferErrorKind {
    /// The weights file is not there.
    WeightsMissing,
    /// The weights file is there but cannot be read.
    WeightsUnreadable,
    /// The bytes are not the pinned ones.
    WeightsMismatch,
    /// The engine itself could not be started (its library is missing, say).
    EngineUnavailable,
    /// The engine does not accept the model.
    Load,
    /// The engine failed while running the model.
    Run,
    /// The model's output does not have the documented shape.
    Output,
}

impl InferError {
    pub(crate) fn new(kind: InferErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn caused_by(
        kind: InferErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> InferErrorKind {
        self.kind
    }
}
