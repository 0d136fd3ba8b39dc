//! R1 again: does a part of the ring lie in the plane of the face?
//!
//! The distance of the nearest quarter of the ring's points from where the homography of the face alone takes them,
//! divided by the motion of the face. Where a print is smaller than the ring, the rest of the ring is the room and tells
//! nothing; a quarter is enough. Does not apply without motion or without texture around the face. No quantiles of real
//! captures are known: the calibration that is shipped gives it no worth, the [outcome](super::PeripheryOutcome) uses it.

use super::window::Measured;
use super::{LOG_RATIO, over_motion, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const RING_CARRIED: &str = "ring_carried";

/// ln of the distance over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        RING_CARRIED,
        LOG_RATIO,
        "nothing around the face lies in one plane with it",
        "the plane of the face carries a part of what is around it",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let distance =
            measured.nearest_ring_under_face.ok_or("too little around the face can be followed")?;
        Ok(over_motion(distance, measured.face_motion))
    })
}
