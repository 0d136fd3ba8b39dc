//! C3: highlights that the camera cannot hold.
//!
//! A display is brighter than the room that the camera is exposed for: parts of the face clip, while the room does not. A
//! lamp near a live face does the same, and a bright window behind it the opposite. Says something only where an outside is
//! established. The value is the logarithm of the far periphery's share of clipped pixels over the face's.

use super::photometric::outside;
use super::window::Measured;
use super::{LOG_RATIO, over_windows};
use crate::Cue;

/// Name of the cue.
pub const CLIPPED_LIGHT: &str = "clipped_light";

/// Added to both shares. Origin: reasoning; the highlights of a nose and two eyes are half a per cent of a face.
const FEW: f64 = 0.005;

/// ln of the far background's clipped share over the face's.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        CLIPPED_LIGHT,
        LOG_RATIO,
        "the face clips no more than the room",
        "the face clips where the room does not, as a display does",
    );
    over_windows(cue, windows, |measured| {
        outside(measured)?;
        let share = |value: Option<f64>| value.map(|value| value + FEW).ok_or("no background is visible");
        Ok((share(measured.light.far_clipped)? / share(measured.light.face_clipped)?).ln())
    })
}
