//! The flashing light model: is there a live head before the screen that flashes?
//!
//! The screen shows a secret [challenge](verilume_protocol::challenge); this module looks for its light on the face.
//! It needs no training data: it fits the physics of a near screen and states what each test would let through.
//!
//! 1. [`FlashExtractor`] reduces each frame, as it arrives, to mean light over cells of the face and blocks of the
//!    background ([`FlashTraces`], some kilobytes): no frame has to be kept.
//! 2. [`judge()`] holds the traces against the challenge: removes the camera's gain, finds the lag, fits each cell's
//!    response and runs the tests, each in its own file: the exact challenge test, coverage, shading of this head,
//!    background, lag, and top against bottom in dim rooms.
//!
//! What it does not do: a 3-D mask passes these tests as a head does, and so does a face swapped over a live
//! accomplice; texture, recognition and injection evidence stand against those.

mod background;
mod blind;
mod challenge;
mod config;
mod course;
mod coverage;
mod decision;
mod device;
mod edges;
mod environment;
mod exact;
mod extract;
mod gain_map;
mod gains;
mod judge;
mod lag;
mod lsq;
mod mask;
mod measure;
mod reaction;
mod registration;
mod series;
mod shading;
mod shading_model;
#[cfg(test)]
pub(crate) mod testing;
mod thresholds;
mod top_bottom;
mod traces;

pub use config::{ExtractConfig, FlashConfig, MeasureConfig};
pub use course::FlashCourse;
pub use decision::{FlashOutcome, UncertainCause};
pub use device::DeviceGeometry;
pub use environment::{EnvironmentAction, EnvironmentEstimate};
pub use exact::{ExactP, exact_p};
pub use extract::{FlashExtractor, FlashFrame};
pub use gain_map::{GainMap, gain_map_svg};
pub use judge::{CellGain, FlashMeasurements, FlashReport, judge};
pub use mask::PersonMask;
pub use series::GainMode;
pub use thresholds::FlashThresholds;
pub use traces::{CELL_COUNT, FaceShape, FlashTraces, GRID_COLUMNS, GRID_ROWS, PatchMean, TraceFrame};
