//! R2 and R3 together: does the face show a head's relief as it moves against what is around it?
//!
//! A sheet of paper is smooth, flat or bent; nose and mouth of a head stand out before its cheeks. Seen from a little to
//! the side they shift, by more the further the face moves against what is around it and the nearer it is. So the size
//! of the relief in the motion of the face's points is divided by that motion, and by the size of the face in the
//! frame. Does not apply without motion. No quantiles of real captures are known, so in the calibration that is
//! shipped it only takes away, and only where simulated people never are.

use super::window::Measured;
use super::{LOG_RATIO, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const FACE_RELIEF: &str = "face_relief";

/// Added to the motion, pixels: where little moves, the noise of following looks like a relief. Origin: 1600 simulated holds
/// of seeds A, of whose prints 96.5 % are told from people with 0.2, 97.1 % with 1 and 96.8 % with 2.
const NOISE_PX: f64 = 1.0;

/// ln of the relief over motion and size.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        FACE_RELIEF,
        LOG_RATIO,
        "nose and mouth stand out as the face moves",
        "the face moves as a smooth sheet, flat or bent",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let relief = measured.relief.ok_or("too little of the face can be followed")?;
        let motion = measured.motion_against_surroundings + NOISE_PX;
        Ok((relief / (motion * measured.face_share)).max(SMALLEST).ln())
    })
}

/// Smaller shares are as good as none, and have a logarithm.
const SMALLEST: f64 = 1e-4;
