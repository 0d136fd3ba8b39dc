//! The static image model: what surrounds the face must not be fixed to it.
//!
//! A print, a display or a cut-out carries a strip of picture around the face along with it, as one plane. The
//! [`PeripheryObserver`] is fed every frame with its face, follows points in the face, in the **near ring** around it
//! (hair, neck, the strip that a medium would carry along) and in the far periphery, and ends in [`Cue`]s. Each cue is a
//! file of its own that says what it measures and when it does not apply. What a value is worth says the
//! [calibration](crate::fusion::Calibration), not this module.
//!
//! No motion is no evidence. A replay of a genuine video has real parallax in it: these cues cannot see it, except by
//! signs of the medium.

mod activity;
mod banding;
mod boundary;
mod clipped_light;
mod edge_hand;
mod emissive_white;
mod face_depth;
mod face_plane;
mod face_relief;
mod fixedness;
mod frame_plane;
mod glass_streaks;
mod light;
mod mask_cut;
mod noise_repetition;
mod observer;
mod outcome;
mod outline;
mod outline_parallax;
mod parallax;
mod photometric;
mod planes;
mod regions;
mod relief;
mod repetition;
mod ring_carried;
mod ring_follows;
mod ring_plane;
mod ring_under_face;
mod screen;
mod shake;
mod sheet;
#[cfg(test)]
mod tests;
mod tracks;
mod window;

pub use banding::BANDING;
pub use boundary::BOUNDARY;
pub use clipped_light::CLIPPED_LIGHT;
pub use edge_hand::EDGE_HAND;
pub use emissive_white::EMISSIVE_WHITE;
pub use face_depth::FACE_DEPTH;
pub use face_plane::FACE_PLANE;
pub use face_relief::FACE_RELIEF;
pub use fixedness::FIXEDNESS;
pub use frame_plane::FRAME_PLANE;
pub use glass_streaks::GLASS_STREAKS;
pub use mask_cut::MASK_CUT;
pub use noise_repetition::NOISE_REPETITION;
pub use observer::{PeripheryFrame, PeripheryObserver};
pub use outcome::{PeripheryOutcome, PeripheryThresholds};
pub use outline_parallax::OUTLINE_PARALLAX;
pub use photometric::PHOTOMETRIC;
pub use repetition::REPETITION;
pub use ring_carried::RING_CARRIED;
pub use ring_follows::RING_FOLLOWS;
pub use ring_plane::RING_PLANE;
pub use ring_under_face::RING_UNDER_FACE;
pub use screen::SCREEN_LATTICE;
pub use shake::SHAKE;
use window::Measured;

use crate::Cue;
use crate::stats::median;

/// The unit of most cues here: the natural logarithm of a ratio.
const LOG_RATIO: &str = "ln";
/// The face must move by this many pixels (of a frame of 640) before its motion says anything. Origin: four times the
/// error of a followed point, 0.2 pixels.
const LEAST_MOTION_PX: f64 = 0.8;
/// The least points of a region for its motion to mean something. Origin: the study of real captures.
const LEAST_POINTS: usize = 12;
/// Residuals are divided by the motion and half a pixel, the noise of following. Origin: as above.
const MOTION_NOISE_PX: f64 = 0.5;

/// The logarithm of a residual over the motion, as the study of real captures took it.
fn over_motion(residual: f64, motion: f64) -> f64 {
    (residual / (motion + MOTION_NOISE_PX) + 0.01).ln()
}

/// Why a cue of motion does not apply to a window.
fn unmoved(measured: &Measured) -> Result<(), &'static str> {
    if measured.face_points < LEAST_POINTS {
        return Err("too little of the face can be followed");
    }
    if measured.face_motion < LEAST_MOTION_PX {
        return Err("nothing moves: no motion is no evidence");
    }
    Ok(())
}

/// A cue of the median over the windows that have a value; the last reason if none has.
fn over_windows(
    cue: Cue,
    windows: &[Measured],
    value: impl Fn(&Measured) -> Result<f64, &'static str>,
) -> Cue {
    let mut values = Vec::new();
    let mut why = "the capture has too few frames in a row";
    for window in windows {
        match value(window) {
            Ok(value) => values.push(value),
            Err(reason) => why = reason,
        }
    }
    Cue { value: median(&mut values).ok_or_else(|| why.to_owned()), ..cue }
}
