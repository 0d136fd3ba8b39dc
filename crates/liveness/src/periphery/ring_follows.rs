//! R3: the near ring moves with the face while the far periphery does not.
//!
//! Motion of the face over motion of the ring. Behind a live head part of the ring is the room, which stays. Applies only
//! where the far periphery stays put too: in a hand-held camera everything moves. Area under the curve in the study of
//! real captures: 0.74 (webcams), 0.65 (phone videos).

use super::window::Measured;
use super::{LEAST_POINTS, LOG_RATIO, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const RING_FOLLOWS: &str = "ring_follows";

/// The far periphery stays if it moves by at most this share of the motion of the face. Origin: reasoning, half.
const STAYS: f64 = 0.5;
/// Added to both motions, pixels. Origin: the study of real captures.
const NOISE_PX: f64 = 0.2;

/// ln of the face's motion over the ring's.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        RING_FOLLOWS,
        LOG_RATIO,
        "the face moves and what is around it stays",
        "what is around the face moves along, the room behind does not",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        if measured.ring_points < LEAST_POINTS {
            return Err("too little around the face can be followed");
        }
        if measured.far_points < LEAST_POINTS {
            return Err("too little far from the face can be followed");
        }
        if measured.far_motion > measured.face_motion * STAYS {
            return Err("the camera moves");
        }
        Ok(((measured.face_motion + NOISE_PX) / (measured.ring_motion + NOISE_PX)).ln())
    })
}
