//! From a still picture to one face, ready to be compared.

use std::sync::Arc;

use verilume_frame::{RgbView, Timestamp};
use verilume_vision::models::FaceModels;
use verilume_vision::{FaceObservation, FaceTracker, TrackerConfig};

use crate::{Embedder, Embedding, QualityConfig, RecognitionError, RecognitionErrorKind, RecognitionQuality};

/// Which face of a picture is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceChoice {
    /// The only one: a picture with several is refused.
    Only,
    /// The largest.
    Largest,
}

/// One face of a picture.
#[derive(Debug, Clone)]
pub struct Portrait {
    /// Its embedding.
    pub embedding: Embedding,
    /// Whether the picture is good enough.
    pub quality: RecognitionQuality,
    /// What was measured.
    pub face: FaceObservation,
}

/// Reads portraits.
#[derive(Debug)]
pub struct PortraitReader {
    models: Arc<FaceModels>,
    embedder: Embedder,
    quality: QualityConfig,
}

impl PortraitReader {
    /// A reader with its networks.
    pub fn new(models: Arc<FaceModels>, embedder: Embedder, quality: QualityConfig) -> Self {
        Self { models, embedder, quality }
    }

    /// The embedding network.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Finds the face that is meant and embeds it.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::NoFace`] and [`RecognitionErrorKind::SeveralFaces`] for pictures without one face to
    /// compare, [`RecognitionErrorKind::Model`] and [`RecognitionErrorKind::Alignment`] if a network fails.
    pub fn read(&self, image: RgbView<'_>, choice: FaceChoice) -> Result<Portrait, RecognitionError> {
        let mut tracker = FaceTracker::new(Arc::clone(&self.models), TrackerConfig::default());
        let tracked = tracker.update(image, Timestamp::default()).map_err(|error| {
            let context = "the face could not be looked for";
            RecognitionError::caused_by(RecognitionErrorKind::Model, context, error)
        })?;
        let count = tracked.faces.len();
        let Some(face) = tracked.faces.into_iter().next() else {
            return Err(RecognitionError::new(RecognitionErrorKind::NoFace, "shows no face"));
        };
        if count > 1 && choice == FaceChoice::Only {
            let context = format!("shows {count} faces");
            return Err(RecognitionError::new(RecognitionErrorKind::SeveralFaces, context));
        }
        Ok(Portrait {
            embedding: self.embedder.embed(image, &face.landmarks)?,
            quality: RecognitionQuality::of(&face, &self.quality),
            face,
        })
    }
}
