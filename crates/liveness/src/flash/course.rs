//! How the light on face and background went over a capture: what a drawing needs and no test reads.

use std::fmt;

use verilume_protocol::challenge::ScreenTimeline;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::config::MeasureConfig;
use super::series::LogTraces;
use super::traces::FlashTraces;

/// The light on the median cell of the face and the median block of the background, frame by frame around the
/// challenge. Natural logarithm of linear light less its mean, so 0.1 is about a tenth brighter than usual. Wiped when
/// dropped, never printed.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct FlashCourse {
    secs: Vec<f64>,
    face: [Vec<f64>; 3],
    background: Option<[Vec<f64>; 3]>,
}

impl FlashCourse {
    /// The course of a capture. Total, as [`judge`](super::judge()) is: traces that cannot be measured give zeros or
    /// nothing.
    pub fn new(traces: &FlashTraces, timeline: &ScreenTimeline, config: &MeasureConfig) -> Self {
        let log = LogTraces::new(traces, timeline, config);
        let face = log.median_cell();
        let background = log.median_block();
        Self { secs: log.secs, face, background }
    }

    /// When each frame was captured, seconds on the clock of the capture.
    pub fn secs(&self) -> &[f64] {
        &self.secs
    }

    /// The median cell in red, green and blue, natural logarithm, one value a frame. With enough background the
    /// camera's own gain has been taken out of it. Empty if no cell can be used.
    pub fn face(&self) -> &[Vec<f64>; 3] {
        &self.face
    }

    /// The median background block in red, green and blue, natural logarithm, one value a frame, the camera's gain
    /// still in it; `None` if no background can be used.
    pub fn background(&self) -> Option<&[Vec<f64>; 3]> {
        self.background.as_ref()
    }
}

impl fmt::Debug for FlashCourse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = self.face.iter().chain(self.background.iter().flatten());
        let bytes = series.map(|values| size_of_val(values.as_slice())).sum::<usize>();
        write!(f, "FlashCourse({} frames, [redacted {bytes} bytes])", self.secs.len())
    }
}
