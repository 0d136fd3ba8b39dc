//! P1: the whole frame as one plane.
//!
//! What one homography leaves over of face, ring and far periphery, divided by the motion of the face: a print that fills
//! the frame moves as one. So does a room that the camera merely turns in; without a step to the side there is no
//! parallax. Does not apply without motion or without texture far from the face. Area under the curve in the study of
//! real captures: 0.70 (webcams), 0.64 (phone videos); the ring decides better.

use super::window::Measured;
use super::{LEAST_POINTS, LOG_RATIO, over_motion, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const FRAME_PLANE: &str = "frame_plane";

/// ln of the residual over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        FRAME_PLANE,
        LOG_RATIO,
        "the face moves otherwise than what is behind it",
        "the whole frame moves as one flat picture",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        if measured.far_points < LEAST_POINTS {
            return Err("too little far from the face can be followed");
        }
        let residual = measured.frame_residual.ok_or("no plane can be fitted")?;
        Ok(over_motion(residual, measured.face_motion))
    })
}
