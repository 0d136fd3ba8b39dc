//! A flashed capture, frame by frame: mesh and person mask from the networks, light into traces.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use verilume_frame::{FaceLandmarks, RgbView, Timestamp};
use verilume_vision::models::{FaceModels, ModelError, PersonGrid, SegmentPerson};
use verilume_vision::{FaceId, FaceTracker, TrackerConfig};

use crate::flash::{ExtractConfig, FlashExtractor, FlashFrame, FlashTraces, PersonMask};

/// How often the person is separated from the background. A head moves by a few centimetres in this time, which is less
/// than the rim that background blocks keep.
const SEGMENT_EVERY: Duration = Duration::from_millis(400);

/// The networks that the flashing light model looks through.
#[derive(Clone)]
pub struct FlashModels {
    /// Finds and fits the face.
    pub face: Arc<FaceModels>,
    /// Tells the person from the background.
    pub person: Arc<dyn SegmentPerson>,
}

impl fmt::Debug for FlashModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlashModels")
    }
}

/// Follows one face through a flashed capture and reduces every frame to traces. Fed every frame, in order of time.
pub struct FlashObserver {
    person: Arc<dyn SegmentPerson>,
    tracker: FaceTracker,
    extractor: FlashExtractor,
    /// The face that the capture is about: the first one followed.
    face: Option<FaceId>,
    segmented_at: Option<Timestamp>,
}

impl FlashObserver {
    /// An observer that has seen no frame.
    pub fn new(models: &FlashModels, config: ExtractConfig) -> Self {
        Self {
            person: Arc::clone(&models.person),
            tracker: FaceTracker::new(Arc::clone(&models.face), TrackerConfig::default()),
            extractor: FlashExtractor::new(config),
            face: None,
            segmented_at: None,
        }
    }

    /// Takes the next frame. Returns whether it could be used; one without the followed face cannot.
    pub fn push(&mut self, view: RgbView<'_>, captured_at: Timestamp) -> Result<bool, ModelError> {
        Ok(self.push_seen(view, captured_at)?.is_some())
    }

    /// The same; gives the mesh of the followed face in a frame that could be used.
    pub fn push_seen(
        &mut self,
        view: RgbView<'_>,
        captured_at: Timestamp,
    ) -> Result<Option<&FaceLandmarks>, ModelError> {
        let Some((id, landmarks)) = self.tracker.locate(view, captured_at)? else {
            return Ok(None);
        };
        if *self.face.get_or_insert(id) != id {
            return Ok(None);
        }
        let due = self.segmented_at.is_none_or(|last| captured_at - last >= SEGMENT_EVERY);
        let grid = if due { Some(self.person.segment(view)?) } else { None };
        if due {
            self.segmented_at = Some(captured_at);
        }
        let person = grid.as_ref().and_then(mask);
        let is_used = self.extractor.push(&FlashFrame { captured_at, view, landmarks, person });
        Ok(is_used.then_some(landmarks))
    }

    /// The traces; `None` if no frame could be used.
    pub fn finish(self) -> Option<FlashTraces> {
        self.extractor.finish()
    }
}

fn mask(grid: &PersonGrid) -> Option<PersonMask<'_>> {
    PersonMask::new(grid.side(), grid.side(), grid.probabilities())
}

impl fmt::Debug for FlashObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashObserver").field("frames", &self.extractor.frame_count()).finish_non_exhaustive()
    }
}
