//! R2, against its noise: does depth explain what the plane leaves over?
//!
//! The residual of one homography over that of the affine epipolar constraint, which any rigid body meets. A face that
//! talks leaves both. Measured only: no quantiles of real captures are known, so the calibration that is shipped gives
//! it no worth; `verilume calibrate` does.

use super::window::Measured;
use super::{LOG_RATIO, over_windows, unmoved};
use crate::Cue;

/// Name of the cue.
pub const FACE_DEPTH: &str = "face_depth";

/// Error of a followed point, pixels. Origin: the test of the flow.
const NOISE_PX: f64 = 0.1;

/// ln of the plane's residual over the rigid body's.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        FACE_DEPTH,
        LOG_RATIO,
        "depth explains how the face moves",
        "depth explains nothing about how the face moves",
    );
    over_windows(cue, windows, |measured| {
        unmoved(measured)?;
        let plane = measured.face_residual.ok_or("no plane can be fitted")?;
        let rigid = measured.rigid_residual.ok_or("no rigid motion can be fitted")?;
        Ok(((plane + NOISE_PX) / (rigid + NOISE_PX)).ln())
    })
}
