//! Texture evidence: the MiniFASNet pair (minivision, Silent-Face-Anti-Spoofing).
//!
//! Input of each network: an upright square-ish crop around the face box (2.7 boxes for V2, 4.0 for V1SE, shrunk and
//! shifted to stay inside the frame), stretched to 80 x 80, **BGR**, 0..=255, NCHW. Output: three probabilities; the
//! second is "live".

use verilume_frame::{Rect, RgbView};
use verilume_vision::sample::sample_rect;

use crate::engine::run_for;
use crate::{Engine, InferError, Network, PinnedModel, Tensor, Weights};

const SIDE: u32 = 80;
const LIVE_CLASS: usize = 1;

/// One network of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextureMember {
    /// MiniFASNetV2, crop of 2.7 face boxes.
    V2,
    /// MiniFASNetV1SE, crop of 4.0 face boxes.
    V1Se,
}

impl TextureMember {
    fn crop_scale(self) -> f32 {
        match self {
            Self::V2 => 2.7,
            Self::V1Se => 4.0,
        }
    }
}

/// What the pair says about one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextureScore {
    /// Probability of "live" by MiniFASNetV2, 0..=1.
    pub live_by_v2: f32,
    /// Probability of "live" by MiniFASNetV1SE, 0..=1.
    pub live_by_v1se: f32,
}

impl TextureScore {
    /// The pair's average, 0..=1, 1 = live.
    pub fn live(&self) -> f32 {
        (self.live_by_v2 + self.live_by_v1se) / 2.0
    }
}

/// The MiniFASNet pair.
pub struct TextureSpoofModel {
    v2: Box<dyn Network>,
    v1se: Box<dyn Network>,
}

impl TextureSpoofModel {
    /// Loads both networks.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        Ok(Self {
            v2: engine.load(weights.read(PinnedModel::MINIFASNET_V2)?)?,
            v1se: engine.load(weights.read(PinnedModel::MINIFASNET_V1SE)?)?,
        })
    }

    /// The pair's view of one face; `face_in_image` is the detector's box.
    pub fn score(&self, image: RgbView<'_>, face_in_image: Rect) -> Result<TextureScore, InferError> {
        Ok(TextureScore {
            live_by_v2: member_score(&*self.v2, image, face_in_image, TextureMember::V2)?,
            live_by_v1se: member_score(&*self.v1se, image, face_in_image, TextureMember::V1Se)?,
        })
    }
}

impl std::fmt::Debug for TextureSpoofModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TextureSpoofModel")
    }
}

fn member_score(
    network: &dyn Network,
    image: RgbView<'_>,
    face_in_image: Rect,
    member: TextureMember,
) -> Result<f32, InferError> {
    let crop = crop_around(face_in_image, image.bounds(), member.crop_scale());
    let mut input = Tensor::zeros(&[1, 3, SIDE as usize, SIDE as usize]);
    let plane = (SIDE * SIDE) as usize;
    let values = input.values_mut();
    sample_rect(image, crop, SIDE, |index, [red, green, blue]| {
        for (channel, value) in [blue, green, red].into_iter().enumerate() {
            values[channel * plane + index] = value;
        }
    });
    let [probabilities] = run_for(network, &input, [3])?;
    Ok(probabilities.values()[LIVE_CLASS])
}

/// `scale` face boxes around the face, shrunk to fit the frame and then shifted inside it.
fn crop_around(face: Rect, bounds: Rect, scale: f32) -> Rect {
    let scale = scale.min(bounds.width / face.width.max(1.0)).min(bounds.height / face.height.max(1.0));
    let (width, height) = (face.width * scale, face.height * scale);
    let centre = face.centre();
    Rect::new(
        (centre.x - width / 2.0).clamp(0.0, (bounds.width - width).max(0.0)),
        (centre.y - height / 2.0).clamp(0.0, (bounds.height - height).max(0.0)),
        width,
        height,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(face: Rect, scale: f32, expected: Rect) {
        let bounds = Rect::new(0.0, 0.0, 400.0, 300.0);
        let crop = crop_around(face, bounds, scale);
        assert!((crop.intersection(bounds).area() - crop.area()).abs() < 1.0, "{crop:?} leaves the frame");
        assert!(crop.iou(expected) > 0.999, "{crop:?}, expected {expected:?}");
    }

    #[test]
    fn the_crop_shrinks_and_shifts_to_stay_inside() {
        check(Rect::new(180.0, 130.0, 40.0, 40.0), 2.7, Rect::new(146.0, 96.0, 108.0, 108.0));
        check(Rect::new(0.0, 0.0, 40.0, 40.0), 2.7, Rect::new(0.0, 0.0, 108.0, 108.0));
        check(Rect::new(100.0, 50.0, 200.0, 200.0), 2.7, Rect::new(50.0, 0.0, 300.0, 300.0));
    }
}
