//! R3 at the person's outline: does what lies just beyond it shift against the person?
//!
//! The step in motion at the outline that a segmentation network draws, divided by the motion of the face. Beyond a live
//! person's outline is the room; beyond that of a print, the print. A step proves nothing, as a medium may end at the
//! outline. Does not apply without motion, nor where too little beside the person can be followed. No quantiles of real
//! captures are known: the calibration that is shipped gives it no worth, the [outcome](super::PeripheryOutcome) uses
//! it.

use super::window::Measured;
use super::{LOG_RATIO, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const OUTLINE_PARALLAX: &str = "outline_parallax";

/// Added to the motion, pixels. Origin: reasoning, the noise of following over a window.
const NOISE_PX: f64 = 0.3;
/// Added to the ratio: smaller ones are as good as none, and have a logarithm. Origin: as for other residuals.
const LEAST: f64 = 0.01;

/// ln of the step over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        OUTLINE_PARALLAX,
        LOG_RATIO,
        "what is behind the person shifts against the person",
        "what is behind the person moves in one sheet with the person",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let step = measured.outline_step.ok_or("too little beside the person can be followed")?;
        Ok((step / (measured.own_motion + NOISE_PX) + LEAST).ln())
    })
}
