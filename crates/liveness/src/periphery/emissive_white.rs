//! C3: the white of the face's highlights against that of the room's.
//!
//! What shines on skin and on walls is the light of the room, and the brightest places of both have its colour (the "white
//! patch" of Land and McCann, JOSA 1971). A display has a white of its own, bluer than most lamps, and colours that no paint
//! under that lamp has. Says something only where an outside is established, and only where the brightest places are
//! neither clipped nor black. A window behind a face under a lamp differs as much: weak evidence. The value is less the
//! distance of the two whites, in natural logarithms of red over green and blue over green.

use super::photometric::outside;
use super::window::Measured;
use super::{LOG_RATIO, over_windows};
use crate::Cue;

/// Name of the cue.
pub const EMISSIVE_WHITE: &str = "emissive_white";

/// Less the distance of the whites.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        EMISSIVE_WHITE,
        LOG_RATIO,
        "the face has the colour of the room's light",
        "the face is lit by another white than the room, as on a display",
    );
    over_windows(cue, windows, |measured| {
        outside(measured)?;
        let white = |white: Option<[f64; 3]>| white.ok_or("no unclipped highlight is visible");
        let (face, far) = (white(measured.light.face_white)?, white(measured.light.far_white)?);
        let over_green = |white: [f64; 3], channel: usize| (white[channel] / white[1]).ln();
        let apart = |channel: usize| over_green(face, channel) - over_green(far, channel);
        Ok(-apart(0).hypot(apart(2)))
    })
}
