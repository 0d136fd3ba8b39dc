//! R1: face and near ring as one plane.
//!
//! What one homography leaves over of both, divided by the motion of the face. A medium carries both along as one
//! plane. Does not apply without motion, or without texture around the face. Area under the curve in the study of real
//! captures: 0.84 (webcams), 0.77 (phone videos).

use super::window::Measured;
use super::{LEAST_POINTS, LOG_RATIO, over_motion, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const RING_PLANE: &str = "ring_plane";

/// ln of the residual over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        RING_PLANE,
        LOG_RATIO,
        "the face and what is right around it do not move as one plane",
        "the face and what is right around it move as one flat picture",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        if measured.ring_points < LEAST_POINTS {
            return Err("too little around the face can be followed");
        }
        let residual = measured.face_and_ring_residual.ok_or("no plane can be fitted")?;
        Ok(over_motion(residual, measured.face_motion))
    })
}
