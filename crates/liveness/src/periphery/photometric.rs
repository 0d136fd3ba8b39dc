//! C1: the light of the face against the light of the room behind.
//!
//! A display shines brighter than the room it stands in. Says something only where an outside is established: the far
//! periphery does not follow the plane of the face. Where the medium fills the frame, both are part of it, and used
//! blindly on such pictures the cue does harm. Area under the curve in the study of real captures: 0.94 (webcams), 0.84
//! (phone videos), 0.25 to 0.62 where the medium fills the frame.

use super::window::Measured;
use super::{LEAST_POINTS, LOG_RATIO, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const PHOTOMETRIC: &str = "photometric";

/// The far periphery is outside if it misses the plane of the face by this share of the motion. Origin: reasoning, half.
const OUTSIDE: f64 = 0.5;
/// Added to both lights, steps of 8 bits. Origin: the study of real captures.
const DARK: f64 = 5.0;

/// Why no outside is established; whatever is far may then be part of the medium.
pub(super) fn outside(measured: &Measured) -> Result<(), &'static str> {
    unmoved(measured)?;
    if measured.far_points < LEAST_POINTS {
        return Err("too little far from the face can be followed");
    }
    let distance = measured.far_under_face.ok_or("no plane can be fitted")?;
    if distance < measured.face_motion * OUTSIDE {
        return Err("no outside is established: what is far moves along with the face");
    }
    Ok(())
}

/// ln of the far background's light over the face's.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        PHOTOMETRIC,
        LOG_RATIO,
        "the face is lit as the room is",
        "the face is brighter than the room, as on a display",
    );
    over_windows(cue, windows, |measured| {
        outside(measured)?;
        let light = |value: Option<f64>| value.map(|value| value + DARK).ok_or("no background is visible");
        Ok((light(measured.light.far)? / light(measured.light.face)?).ln())
    })
}
