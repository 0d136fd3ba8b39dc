//! A flashed capture, frame by frame: mesh and person mask from the networks, light into traces.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use verilume_frame::{RgbView, Timestamp};
use verilume_infer::{DetectorRange, Engine, InferError, PersonMask, PersonSegmenter, Weights, face_models};
use verilume_liveness::flash::{self, ExtractConfig, FlashExtractor, FlashFrame, FlashTraces};
use verilume_vision::models::{FaceModels, ModelError};
use verilume_vision::{FaceId, FaceTracker, TrackerConfig};

/// How often the person is separated from the background. A head moves by a few centimetres in this time, which is less
/// than the rim that background blocks keep.
const SEGMENT_EVERY: Duration = Duration::from_millis(400);

/// The networks that the flashing light model looks through.
#[derive(Debug)]
pub struct FlashModels {
    face: Arc<FaceModels>,
    person: PersonSegmenter,
}

impl FlashModels {
    /// Loads the networks.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        let face = Arc::new(face_models(engine, weights, DetectorRange::Short)?);
        Ok(Self { face, person: PersonSegmenter::load(engine, weights)? })
    }
}

/// Follows one face through a flashed capture and reduces every frame to traces. Fed every frame, in order of time.
pub struct FlashCapture<'m> {
    models: &'m FlashModels,
    tracker: FaceTracker,
    extractor: FlashExtractor,
    /// The face that the capture is about: the first one followed.
    face: Option<FaceId>,
    segmented_at: Option<Timestamp>,
}

impl<'m> FlashCapture<'m> {
    /// A capture that has seen no frame.
    pub fn new(models: &'m FlashModels, config: ExtractConfig) -> Self {
        Self {
            models,
            tracker: FaceTracker::new(Arc::clone(&models.face), TrackerConfig::default()),
            extractor: FlashExtractor::new(config),
            face: None,
            segmented_at: None,
        }
    }

    /// Takes the next frame. Returns whether it could be used; one without the followed face cannot.
    pub fn push(&mut self, view: RgbView<'_>, captured_at: Timestamp) -> Result<bool, ModelError> {
        let Some((id, landmarks)) = self.tracker.locate(view, captured_at)? else {
            return Ok(false);
        };
        if *self.face.get_or_insert(id) != id {
            return Ok(false);
        }
        let due = self.segmented_at.is_none_or(|last| captured_at - last >= SEGMENT_EVERY);
        let mask = if due { Some(self.models.person.segment(view).map_err(ModelError::new)?) } else { None };
        if due {
            self.segmented_at = Some(captured_at);
        }
        let person = mask.as_ref().and_then(person_grid);
        Ok(self.extractor.push(&FlashFrame { captured_at, view, landmarks, person }))
    }

    /// The traces; `None` if no frame could be used.
    pub fn finish(self) -> Option<FlashTraces> {
        self.extractor.finish()
    }
}

fn person_grid(mask: &PersonMask) -> Option<flash::PersonMask<'_>> {
    flash::PersonMask::new(PersonMask::SIDE, PersonMask::SIDE, mask.probabilities())
}

impl fmt::Debug for FlashCapture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashCapture").field("frames", &self.extractor.frame_count()).finish_non_exhaustive()
    }
}
