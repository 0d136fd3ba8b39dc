//! The pipeline over one capture, from frames to a report.

mod faces;
mod models;
mod report;

use std::sync::Arc;
use std::time::Duration;

use verilume_frame::{Frame, Timestamp};
use verilume_infer::TextureView;
use verilume_liveness::fusion::{CaptureEvidence, FusionConfig, fuse};
use verilume_liveness::periphery::{PeripheryFrame, PeripheryObserver, REPETITION};
use verilume_liveness::{Cue, InjectionObservations, TextureEvidence, injection_risk};
use verilume_vision::models::ModelError;
use verilume_vision::{Attention, FaceObservation, FaceTracker, TrackedFrame, TrackerConfig};

use crate::media::MediaWarning;
use faces::FaceRecords;
pub use faces::{BlinkSummary, FaceSummary, Spread};
pub use models::{AnalysisModels, ModelStatus};
pub use report::{CaptureReport, FrameCounts, InputWarning, StageTimes};

/// The texture pair looks at a frame this often. Origin: neighbouring frames tell it nothing new, and at 5 ms a view
/// this keeps its share of a live stream's time below 20 %.
const TEXTURE_EVERY: Duration = Duration::from_millis(200);
/// After this many looks it stops: the mean no longer moves.
const MAX_TEXTURE_LOOKS: usize = 30;
/// Sizes of the crop in one look, each seen as it is and mirrored: the pair is sensitive to the crop, and its mean less so.
/// Origin: reasoning; the pair was trained on pictures that were cut and mirrored at random.
const TEXTURE_ZOOMS: [f32; 3] = [0.94, 1.0, 1.06];
/// A second face counts as a rival from this share of the main face's area. Origin: half its width and height.
const RIVAL_AREA_SHARE: f32 = 0.25;

/// What the pipeline saw in one frame.
#[derive(Debug, Clone)]
pub struct FrameOutcome {
    /// The faces.
    pub tracked: TrackedFrame,
    /// The attention gate of the largest face; `None` without a face.
    pub attention: Option<Attention>,
    /// The texture pair's probability of "live", 0..=1, if it looked at this frame.
    pub texture_live: Option<f32>,
}

/// Runs the pipeline over one capture.
pub struct CaptureAnalyzer<'a> {
    models: &'a AnalysisModels,
    tracker: FaceTracker,
    clock: &'a dyn Fn() -> Duration,
    faces: FaceRecords,
    frames: FrameCounts,
    frames_with_several_faces: u64,
    texture_scores: Vec<f32>,
    texture_looked_at: Option<Timestamp>,
    periphery: PeripheryObserver,
    injection: InjectionObservations,
    frame_size: Option<(u32, u32)>,
    times: StageTimes,
}

impl<'a> CaptureAnalyzer<'a> {
    /// An analyzer that has seen nothing. `clock` reads any monotonic clock; it only times the stages.
    pub fn new(models: &'a AnalysisModels, config: TrackerConfig, clock: &'a dyn Fn() -> Duration) -> Self {
        Self {
            models,
            tracker: FaceTracker::new(Arc::clone(&models.face), config),
            clock,
            faces: FaceRecords::default(),
            frames: FrameCounts::default(),
            frames_with_several_faces: 0,
            texture_scores: Vec::new(),
            texture_looked_at: None,
            periphery: PeripheryObserver::new(),
            injection: InjectionObservations::default(),
            frame_size: None,
            times: StageTimes::default(),
        }
    }

    /// Takes the next frame; call it with every frame, in order of time.
    pub fn push(&mut self, frame: &Frame) -> Result<FrameOutcome, ModelError> {
        let began = (self.clock)();
        let tracked = self.tracker.update(frame.view(), frame.captured_at)?;
        let followed = (self.clock)();
        let attention = self.faces.update(&tracked, self.frames.read);
        let texture_live = match tracked.primary() {
            Some(face) => self.look_at_texture(frame, face)?,
            None => None,
        };
        let looked = (self.clock)();
        self.periphery.push(&PeripheryFrame {
            captured_at: frame.captured_at,
            view: frame.view(),
            face: tracked.primary().map(|face| face.detector_box_in_image),
        });
        self.times.track += followed.saturating_sub(began);
        self.times.texture += looked.saturating_sub(followed);
        self.times.periphery += (self.clock)().saturating_sub(looked);
        self.count(&tracked, attention);
        self.note_delivery(frame);
        Ok(FrameOutcome { tracked, attention, texture_live })
    }

    /// Adds time that was spent on reading and decoding.
    pub fn add_decode_time(&mut self, spent: Duration) {
        self.times.decode += spent;
    }

    /// Decides on what was seen; `warnings` are those of the input's reader.
    pub fn finish(mut self, config: &FusionConfig, warnings: &[MediaWarning]) -> CaptureReport {
        let texture = match &self.models.texture {
            Ok(_) => TextureEvidence::Scored(self.texture_scores),
            Err(reason) => TextureEvidence::Unavailable(reason.clone()),
        };
        let periphery = self.periphery.finish();
        let repeated = periphery.iter().find(|cue| cue.name == REPETITION).and_then(Cue::finite);
        self.injection.repeated_share = repeated.map(|value| -value);
        let evidence = CaptureEvidence {
            frames_read: self.frames.read,
            frames_with_face: self.frames.with_face,
            frames_looking: self.frames.gate_open,
            frames_with_several_faces: self.frames_with_several_faces,
            cues: std::iter::once(texture.cue()).chain(periphery).collect(),
            flash: None,
        };
        CaptureReport {
            liveness: fuse(&evidence, config),
            injection: injection_risk(&self.injection),
            faces: self.faces.summaries(),
            frames: self.frames,
            warnings: warnings.iter().map(InputWarning::from).collect(),
            timing_ms: self.times,
            models: self.models.status(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn look_at_texture(&mut self, frame: &Frame, face: &FaceObservation) -> Result<Option<f32>, ModelError> {
        let Ok(texture) = &self.models.texture else { return Ok(None) };
        let due =
            self.texture_looked_at.is_none_or(|looked_at| frame.captured_at - looked_at >= TEXTURE_EVERY);
        if !due || self.texture_scores.len() >= MAX_TEXTURE_LOOKS {
            return Ok(None);
        }
        let mut score = 0.0;
        for zoom in TEXTURE_ZOOMS {
            for mirrored in [false, true] {
                let view = TextureView { zoom, mirrored };
                score +=
                    texture.score(frame.view(), face.detector_box_in_image, view).map_err(ModelError::new)?;
            }
        }
        score /= 2.0 * TEXTURE_ZOOMS.len() as f32;
        self.texture_looked_at = Some(frame.captured_at);
        self.texture_scores.push(score);
        Ok(Some(score))
    }

    /// How the frames come, whatever is in them.
    fn note_delivery(&mut self, frame: &Frame) {
        let size = (frame.view().width(), frame.view().height());
        let is_changed = self.frame_size.replace(size).is_some_and(|before| before != size);
        self.injection.size_changes += u32::from(is_changed);
        self.injection.captured_at.push(frame.captured_at);
    }

    fn count(&mut self, tracked: &TrackedFrame, attention: Option<Attention>) {
        self.frames.read += 1;
        self.frames.with_face += u64::from(!tracked.faces.is_empty());
        self.frames.gate_open += u64::from(attention.is_some_and(|attention| attention.looking_at_camera));
        let rivals = |main: &FaceObservation| {
            let bound = main.face_in_image.area() * RIVAL_AREA_SHARE;
            tracked.faces.iter().skip(1).any(|face| face.face_in_image.area() >= bound)
        };
        self.frames_with_several_faces += u64::from(tracked.primary().is_some_and(rivals));
    }
}

impl std::fmt::Debug for CaptureAnalyzer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureAnalyzer").field("frames", &self.frames).finish_non_exhaustive()
    }
}
