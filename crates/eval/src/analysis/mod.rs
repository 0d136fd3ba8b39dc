//! The pipeline over one capture, from frames to a report.

mod faces;
mod models;
mod report;

use std::sync::Arc;
use std::time::Duration;

use verilume_frame::Frame;
use verilume_liveness::fusion::{FusionConfig, fuse};
use verilume_liveness::injection_risk;
use verilume_liveness::observe::StaticObserver;
use verilume_vision::models::ModelError;
use verilume_vision::{Attention, FaceTracker, TrackedFrame, TrackerConfig};

use crate::media::MediaWarning;
use faces::FaceRecords;
pub use faces::{BlinkSummary, FaceSummary, Spread};
pub use models::{AnalysisModels, ModelStatus};
pub use report::{CaptureReport, FrameCounts, InputWarning, StageTimes};

/// What the pipeline saw in one frame.
#[derive(Debug, Clone)]
pub struct FrameOutcome {
    /// The faces.
    pub tracked: TrackedFrame,
    /// The attention gate of the largest face; `None` without a face.
    pub attention: Option<Attention>,
    /// The texture networks' probability of "live", 0..=1, if it looked at this frame.
    pub texture_live: Option<f32>,
}

/// Runs the pipeline over one capture.
pub struct CaptureAnalyzer<'a> {
    models: &'a AnalysisModels,
    tracker: FaceTracker,
    clock: &'a dyn Fn() -> Duration,
    faces: FaceRecords,
    frames: FrameCounts,
    still: StaticObserver,
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
            still: StaticObserver::new(models.still()),
            times: StageTimes::default(),
        }
    }

    /// Takes the next frame; call it with every frame, in order of time.
    pub fn push(&mut self, frame: &Frame) -> Result<FrameOutcome, ModelError> {
        let began = (self.clock)();
        let tracked = self.tracker.update(frame.view(), frame.captured_at)?;
        let followed = (self.clock)();
        let attention = self.faces.update(&tracked, self.frames.read);
        let texture_live = self.still.look_at_texture(frame, &tracked)?;
        let looked = (self.clock)();
        self.still.look_at_person(frame, &tracked)?;
        self.still.follow(frame, &tracked, attention);
        self.times.track += followed.saturating_sub(began);
        self.times.texture += looked.saturating_sub(followed);
        self.times.periphery += (self.clock)().saturating_sub(looked);
        self.frames.read += 1;
        self.frames.with_face += u64::from(!tracked.faces.is_empty());
        self.frames.gate_open += u64::from(attention.is_some_and(|attention| attention.looking_at_camera));
        Ok(FrameOutcome { tracked, attention, texture_live })
    }

    /// Adds time that was spent on reading and decoding.
    pub fn add_decode_time(&mut self, spent: Duration) {
        self.times.decode += spent;
    }

    /// Decides on what was seen; `warnings` are those of the input's reader.
    pub fn finish(self, config: &FusionConfig, warnings: &[MediaWarning]) -> CaptureReport {
        let evidence = self.still.finish();
        CaptureReport {
            liveness: fuse(&evidence.capture, config),
            injection: injection_risk(&evidence.injection),
            faces: self.faces.summaries(),
            frames: self.frames,
            warnings: warnings.iter().map(InputWarning::from).collect(),
            timing_ms: self.times,
            models: self.models.status(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl std::fmt::Debug for CaptureAnalyzer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureAnalyzer").field("frames", &self.frames).finish_non_exhaustive()
    }
}
