//! P3: does anything move at all?
//!
//! Motion of the face, in pixels of a frame of 640. Without it no cue of motion applies, and the right answer is to ask
//! for a little movement. It is no evidence either way.

use super::over_windows;
use super::window::Measured;
use crate::Cue;

/// Name of the cue.
pub const FIXEDNESS: &str = "face_motion";

/// Motion of the face, pixels.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(FIXEDNESS, "px", "the face moves", "the face does not move");
    over_windows(cue, windows, |measured| Ok(measured.face_motion))
}
