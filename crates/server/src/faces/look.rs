//! One still picture: decoded, its faces found, measured and embedded, wiped.

use std::sync::Arc;

use verilume_frame::{Frame, Rect, Timestamp};
use verilume_infer::{DetectorRange, Engine, Weights, face_models};
use verilume_liveness::fusion::FusionConfig;
use verilume_liveness::observe::StaticModels;
use verilume_recognition::{
    Embedder, Embedding, QualityConfig, RecognitionError, RecognitionErrorKind, RecognitionQuality,
};
use verilume_still::{StillErrorKind, StillFormat, StillLimits, decode};
use verilume_vision::models::{FaceModels, ModelError};
use verilume_vision::{FaceObservation, FaceTracker, TrackerConfig};

use super::attributes::Attributes;
use super::liveness::StillLiveness;
use super::{MAX_PICTURE_BYTES, MIN_PICTURE_BYTES};
use crate::analysis::{FaceRectangle, static_models};
use crate::networks::OwnNetworks;

/// Faces of one picture that are told. Origin: the contract.
const MAX_FACES: usize = 100;

/// Faces of one picture whose liveness is looked at, the largest. Initial: a second's work.
const MAX_LIVENESS_FACES: usize = 8;

/// What is wanted of a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LookFor {
    /// A picture has so many bytes at least.
    pub(crate) min_bytes: usize,
    /// Each face's template.
    pub(crate) templates: bool,
    /// What can be measured of each face.
    pub(crate) attributes: bool,
    /// What the picture says about the liveness of each.
    pub(crate) liveness: bool,
}

impl Default for LookFor {
    /// Where faces are, in a picture of the Face API.
    fn default() -> Self {
        Self { min_bytes: MIN_PICTURE_BYTES, templates: false, attributes: false, liveness: false }
    }
}

/// What is in a picture.
#[derive(Debug)]
pub(crate) struct Picture {
    /// What it was.
    pub(crate) format: StillFormat,
    /// Pixels, upright.
    pub(crate) width: u32,
    /// Pixels, upright.
    pub(crate) height: u32,
    /// The largest first.
    pub(crate) faces: Vec<DetectedFace>,
}

/// One face of a picture.
#[derive(Debug)]
pub(crate) struct DetectedFace {
    /// From brow to chin, in pixels of the upright picture and inside it.
    pub(crate) rectangle: FaceRectangle,
    /// What was measured.
    pub(crate) face: FaceObservation,
    /// Whether it is good enough to be compared.
    pub(crate) quality: RecognitionQuality,
    /// What it is compared by, if that was wanted.
    pub(crate) template: Option<Embedding>,
    /// What can be measured, if that was wanted.
    pub(crate) attributes: Option<Attributes>,
    /// What a single picture says about liveness, if that was wanted.
    pub(crate) liveness: Option<StillLiveness>,
}

/// Why a picture cannot be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PictureFault {
    /// Fewer bytes than a picture has.
    TooSmall,
    /// More bytes, or more pixels, than are taken.
    TooBig,
    /// No format that is read.
    Unsupported,
    /// A format that is read, and no whole picture of it.
    Damaged,
    /// A network failed.
    Failed,
}

impl From<ModelError> for PictureFault {
    fn from(error: ModelError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a network failed");
        Self::Failed
    }
}

/// The networks of one thread.
pub(super) struct StillModels {
    face: Arc<FaceModels>,
    embedder: Embedder,
    quality: QualityConfig,
    tracker: TrackerConfig,
    limits: StillLimits,
    still: StaticModels,
    fusion: FusionConfig,
}

impl StillModels {
    pub(super) fn load(
        weights: &Weights,
        networks: &OwnNetworks,
        fusion: FusionConfig,
    ) -> Result<Self, RecognitionError> {
        let engine = Engine::rten();
        let mut tracker = TrackerConfig::default();
        tracker.max_faces = MAX_FACES;
        // A second look costs no frame here, and finds the small faces beside a large one.
        tracker.always_looks_closer = true;
        Ok(Self {
            face: Arc::new(face_models(&engine, weights, DetectorRange::Full)?),
            embedder: networks.load_embedder(&engine, weights)?,
            quality: QualityConfig::default(),
            tracker,
            limits: StillLimits::default(),
            still: static_models(&engine, weights, networks)?,
            fusion,
        })
    }

    pub(super) fn look(&self, bytes: &[u8], wanted: LookFor) -> Result<Picture, PictureFault> {
        if bytes.len() < wanted.min_bytes {
            return Err(PictureFault::TooSmall);
        }
        if bytes.len() > MAX_PICTURE_BYTES {
            return Err(PictureFault::TooBig);
        }
        let still = decode(bytes, &self.limits).map_err(|error| match error.kind() {
            StillErrorKind::TooLarge => PictureFault::TooBig,
            StillErrorKind::Unsupported => PictureFault::Unsupported,
            _ => PictureFault::Damaged,
        })?;
        let (format, width, height) = (still.format, still.image.width(), still.image.height());
        let frame = Frame::new(still.image, Timestamp::default());
        let mut tracker = FaceTracker::new(Arc::clone(&self.face), self.tracker.clone());
        let tracked = tracker.update(frame.view(), frame.captured_at)?;
        let mut faces = tracked
            .faces
            .into_iter()
            .enumerate()
            .map(|(place, face)| self.measure(&frame, face, place, wanted))
            .collect::<Result<Vec<_>, PictureFault>>()?;
        faces.sort_by_key(|face| std::cmp::Reverse(face.rectangle.area()));
        Ok(Picture { format, width, height, faces })
    }

    fn measure(
        &self,
        frame: &Frame,
        face: FaceObservation,
        place: usize,
        wanted: LookFor,
    ) -> Result<DetectedFace, PictureFault> {
        let inside = inside(face.detector_box_in_image, frame.view().bounds());
        let template = match wanted.templates {
            true => self.embed(frame, &face)?,
            false => None,
        };
        let liveness = match wanted.liveness {
            true if place < MAX_LIVENESS_FACES => {
                Some(StillLiveness::of(frame, &face, &self.still, &self.fusion)?)
            }
            true => Some(StillLiveness::not_looked_at()),
            false => None,
        };
        Ok(DetectedFace {
            rectangle: FaceRectangle::around(inside),
            attributes: wanted.attributes.then(|| Attributes::of(frame.view(), &face)),
            quality: RecognitionQuality::of(&face, &self.quality),
            template,
            liveness,
            face,
        })
    }

    /// A mesh without extent has no template: the face is told without.
    fn embed(&self, frame: &Frame, face: &FaceObservation) -> Result<Option<Embedding>, PictureFault> {
        match self.embedder.embed(frame.view(), &face.landmarks) {
            Ok(template) => Ok(Some(template)),
            Err(error) if error.kind() == RecognitionErrorKind::Alignment => Ok(None),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a face could not be embedded");
                Err(PictureFault::Failed)
            }
        }
    }
}

/// The part of a rectangle that lies in the picture.
fn inside(rect: Rect, picture: Rect) -> Rect {
    let (left, top) = (rect.x.clamp(0.0, picture.width), rect.y.clamp(0.0, picture.height));
    let (right, bottom) = (rect.right().clamp(left, picture.width), rect.bottom().clamp(top, picture.height));
    Rect::new(left, top, right - left, bottom - top)
}
