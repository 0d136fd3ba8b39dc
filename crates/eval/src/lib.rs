//! Recorded captures: opening them, running the pipeline over them, measuring error rates.
//!
//! [`CaptureAnalyzer`] is the pipeline over one capture: it is fed every frame, follows the faces, scores the texture
//! and ends in a [`CaptureReport`]. Memory does not grow with the length of a capture beyond a few numbers a frame.

pub mod analysis;
pub mod flash;
pub mod media;
mod parallel;
pub mod periphery;
pub mod presentation;
mod run_log;
pub mod stats;
mod svg;
pub mod verification;

pub use analysis::{AnalysisModels, CaptureAnalyzer, CaptureReport, FrameOutcome};
