//! Why bytes are no picture.

use image::error::{ImageError, LimitErrorKind};

use crate::StillLimits;

/// Bytes could not be decoded.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct StillError {
    kind: StillErrorKind,
    context: String,
    #[source]
    source: Option<ImageError>,
}

/// The kinds of [`StillError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StillErrorKind {
    /// No format that is known, or a variety of one that is not.
    Unsupported,
    /// More pixels, or more memory, than the limits allow.
    TooLarge,
    /// The file ends before the picture does.
    Truncated,
    /// It contradicts its own format.
    Damaged,
}

impl StillError {
    pub(crate) fn new(kind: StillErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn too_large(width: u32, height: u32, limits: &StillLimits) -> Self {
        let context = format!(
            "the picture has {width} x {height} pixels; at most {} are taken, in at most {} bytes",
            limits.max_pixels, limits.max_decoded_bytes
        );
        Self::new(StillErrorKind::TooLarge, context)
    }

    /// What went wrong, to branch on.
    pub fn kind(&self) -> StillErrorKind {
        self.kind
    }
}

impl From<ImageError> for StillError {
    fn from(error: ImageError) -> Self {
        let (kind, context) = match &error {
            ImageError::Limits(limit)
                if matches!(
                    limit.kind(),
                    LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory
                ) =>
            {
                (StillErrorKind::TooLarge, "the picture takes more memory than the limits allow")
            }
            ImageError::Unsupported(_) => {
                (StillErrorKind::Unsupported, "the picture is of a variety that is not read")
            }
            error if ends_early(error) => (StillErrorKind::Truncated, "the picture ends before its end"),
            _ => (StillErrorKind::Damaged, "the picture is damaged"),
        };
        Self { kind, context: context.to_owned(), source: Some(error) }
    }
}

/// Some decoders say so themselves, others carry what reading said.
fn ends_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}
