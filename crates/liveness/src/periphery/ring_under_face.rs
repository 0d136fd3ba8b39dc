//! R1, the other way: where the plane of the face takes the ring.
//!
//! Median distance of the ring's points from where the homography of the face alone takes them, divided by the motion of
//! the face. Does not apply without motion or without texture around the face.

use super::window::Measured;
use super::{LOG_RATIO, over_motion, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const RING_UNDER_FACE: &str = "ring_under_face";

/// ln of the distance over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        RING_UNDER_FACE,
        LOG_RATIO,
        "what is around the face does not follow its plane",
        "what is around the face lies in one plane with it",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let distance = measured.ring_under_face.ok_or("too little around the face can be followed")?;
        Ok(over_motion(distance, measured.face_motion))
    })
}
