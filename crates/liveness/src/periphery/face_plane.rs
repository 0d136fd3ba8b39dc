//! R2: the face alone as one plane.
//!
//! What one homography leaves over of the face, divided by its motion. A head that turns by a few degrees does not stay
//! plane. Does not apply without motion. Area under the curve in the study of real captures: 0.82 (webcams), 0.79
//! (phone videos).

use super::window::Measured;
use super::{LOG_RATIO, over_motion, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const FACE_PLANE: &str = "face_plane";

/// ln of the residual over the motion.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        FACE_PLANE,
        LOG_RATIO,
        "the face moves as a solid body",
        "the face moves as one flat picture",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let residual = measured.face_residual.ok_or("no plane can be fitted")?;
        Ok(over_motion(residual, measured.face_motion))
    })
}
