//! Why a service cannot start or go on.

use std::error::Error;

/// Why a service cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct ServerError {
    kind: ServerErrorKind,
    context: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`ServerError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerErrorKind {
    /// The address can be reached from other machines, and there is neither TLS nor, by what is said, a proxy with it.
    PublicWithoutTls,
    /// The metrics could be read from other machines, which by what is said no proxy keeps away.
    PublicMetrics,
    /// The certificate or its key cannot be used.
    TlsUnusable,
    /// The address cannot be listened on.
    ListenFailed,
    /// The public address is no `http://` or `https://` address.
    PublicUrlInvalid,
    /// The models cannot be loaded.
    ModelsUnusable,
    /// The operator's own texture networks cannot be used.
    TextureModelUnusable,
    /// The operator's own embedding network cannot be used.
    EmbedderUnusable,
    /// The calibration of faces was not fitted with the network that faces are compared by.
    FaceCalibrationUnusable,
    /// The built SDK for the web cannot be read.
    WebSdkUnusable,
    /// The master key is not the one that the store's keys were sealed with.
    MasterKeyWrong,
    /// The store cannot be used.
    StoreUnusable,
}

impl ServerError {
    pub(crate) fn new(kind: ServerErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn caused_by(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> ServerErrorKind {
        self.kind
    }
}
