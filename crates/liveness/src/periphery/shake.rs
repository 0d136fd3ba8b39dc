//! How much the face changes from frame to frame.
//!
//! Less the logarithm of the mean change of the face's pixels: a medium in the hand shakes more than a head. Applies only
//! where the far periphery stays put: a hand-held camera shakes everything. Area under the curve in the study of real
//! captures: 0.84 (webcams), 0.87 (phone videos).

use super::window::Measured;
use super::{LEAST_POINTS, LOG_RATIO, over_windows};
use crate::Cue;

/// Name of the cue.
pub const SHAKE: &str = "shake";

/// The camera stands still if the far periphery moves by less, pixels. Origin: reasoning, twice the noise of following.
const STAYS_PX: f64 = 1.0;

/// Less ln of the change.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        SHAKE,
        LOG_RATIO,
        "the face is as still as a head",
        "the face shakes as a picture in the hand",
    );
    over_windows(cue, windows, |measured| {
        if measured.far_points < LEAST_POINTS {
            return Err("too little far from the face can be followed");
        }
        if measured.far_motion > STAYS_PX {
            return Err("the camera moves");
        }
        let change = measured.face_change.ok_or("nothing of the face is visible")?;
        Ok(-(change + 0.3).ln())
    })
}
