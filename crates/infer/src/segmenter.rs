//! Person against background (MediaPipe selfie segmentation).
//!
//! Input: the whole frame stretched to 256 x 256, RGB, 0..=255 mapped to 0..=1, NCHW. Output: 256 x 256
//! probabilities that a pixel belongs to a person.

use verilume_frame::{Point2, RgbView};
use verilume_vision::models::{ModelError, PersonGrid, SegmentPerson};
use zeroize::Zeroizing;

use crate::detector::shrink;
use crate::engine::run_for;
use crate::{Engine, InferError, Network, PinnedModel, Tensor, Weights};

const SIDE: usize = 256;

/// Probability that each part of a frame belongs to a person.
#[derive(Debug, Clone)]
pub struct PersonMask {
    probabilities: Tensor,
    frame_width: f32,
    frame_height: f32,
}

impl PersonMask {
    /// Rows and columns of the probabilities.
    pub const SIDE: usize = SIDE;

    /// The probability, 0..=1, at a point of the frame (pixels); the nearest border's outside the frame.
    pub fn probability_at(&self, point: Point2) -> f32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, then clamped"
        )]
        let cell = |value: f32, extent: f32| ((value / extent * SIDE as f32) as usize).min(SIDE - 1);
        let (column, row) = (cell(point.x, self.frame_width), cell(point.y, self.frame_height));
        self.probabilities.values()[row * SIDE + column]
    }

    /// The share of the frame that belongs to a person, 0..=1.
    pub fn person_share(&self) -> f32 {
        self.probabilities.values().iter().sum::<f32>() / (SIDE * SIDE) as f32
    }

    /// The probabilities, 256 rows of 256, stretched over the whole frame.
    pub fn probabilities(&self) -> &[f32] {
        self.probabilities.values()
    }
}

/// The selfie segmentation network.
pub struct PersonSegmenter {
    network: Box<dyn Network>,
}

impl PersonSegmenter {
    /// Loads the segmentation network.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        Ok(Self { network: engine.load(weights.read(PinnedModel::SELFIE)?)? })
    }

    /// Segments a frame.
    pub fn segment(&self, image: RgbView<'_>) -> Result<PersonMask, InferError> {
        #[expect(clippy::cast_possible_truncation, reason = "256")]
        let small = Zeroizing::new(shrink(image, SIDE as u32, SIDE as u32)?);
        let mut input = Tensor::zeros(&[1, 3, SIDE, SIDE]);
        for (at, rgb) in small.as_chunks::<3>().0.iter().enumerate() {
            for (channel, value) in rgb.iter().enumerate() {
                input.values_mut()[channel * SIDE * SIDE + at] = f32::from(*value) / 255.0;
            }
        }
        let [probabilities] = run_for(&*self.network, &input, [SIDE * SIDE])?;
        Ok(PersonMask {
            probabilities,
            frame_width: image.width() as f32,
            frame_height: image.height() as f32,
        })
    }
}

impl SegmentPerson for PersonSegmenter {
    fn segment(&self, image: RgbView<'_>) -> Result<PersonGrid, ModelError> {
        let mask = PersonSegmenter::segment(self, image).map_err(ModelError::new)?;
        PersonGrid::new(SIDE, mask.probabilities().to_vec())
            .ok_or_else(|| ModelError::new("the person mask has another size than documented"))
    }
}

impl std::fmt::Debug for PersonSegmenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonSegmenter")
    }
}
