//! Measurements on faces in frames: tracking, pose, gaze, eye openness, image quality, the attention gate.
//!
//! This crate measures and never decides about liveness. It names no inference engine: networks come in through
//! the traits of [`models`]. It holds no clock; frames bring their own capture times.
//!
//! ```no_run
//! use std::sync::Arc;
//! use verilume_frame::Frame;
//! use verilume_vision::{AttentionConfig, AttentionGate, FaceTracker, TrackerConfig, models::{FaceModels, ModelError}};
//!
//! fn watch(models: Arc<FaceModels>, frames: Vec<Frame>) -> Result<(), ModelError> {
//!     let mut tracker = FaceTracker::new(models, TrackerConfig::default());
//!     let mut gate = AttentionGate::new(AttentionConfig::default());
//!     for frame in &frames {
//!         let tracked = tracker.update(frame.view(), frame.captured_at)?;
//!         if let Some(face) = tracked.primary() {
//!             let attention = gate.update(face, frame.captured_at);
//!             assert!(!attention.looking_at_camera || attention.reason.is_none());
//!         }
//!     }
//!     Ok(())
//! }
//! ```

mod attention;
mod eyes;
pub mod flow;
mod gaze;
pub mod models;
mod mouth;
mod observation;
mod pose;
mod quality;
pub mod sample;
mod tracker;

pub use attention::{Attention, AttentionConfig, AttentionGate, AttentionReason};
pub use eyes::{Blink, BlinkConfig, BlinkDetector, EyeConfig, EyeState, Eyes};
pub use gaze::{Gaze, GazeBasis, GazeConfig};
pub use mouth::{MouthConfig, MouthCover, MouthVisibility};
pub use observation::{FaceId, FaceObservation, TrackedFrame};
pub use pose::HeadPose;
pub use quality::FaceQuality;
pub use sample::SquareRoi;
pub use tracker::{FaceTracker, TrackerConfig};
