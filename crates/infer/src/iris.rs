//! Lid contour and iris of one eye (Ablavatski et al. 2020, arXiv 2006.11341).
//!
//! Input: a square of 2.3 eye widths, read as a right eye, 64 x 64, RGB, 0..=255 mapped to 0..=1, NCHW. Output: 71
//! contour points and 5 iris points (centre, then right, top, left, bottom of the rim), each (x, y, z) in pixels of
//! the square.

use verilume_frame::{Point2, RgbView};
use verilume_vision::SquareRoi;
use verilume_vision::models::{EYE_CONTOUR_POINT_COUNT, IrisFit, ModelError, RefineEye};

use crate::engine::run_for;
use crate::sampling::sampled;
use crate::{Engine, InferError, Network, PinnedModel, Weights};

const SIDE: u32 = 64;
const CONTOUR_POINTS: usize = 71;
const IRIS_POINTS: usize = 5;

/// The iris network.
pub struct IrisRefiner {
    network: Box<dyn Network>,
}

impl IrisRefiner {
    /// Loads the iris network.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        Ok(Self::new(engine.load(weights.read(PinnedModel::IRIS)?)?))
    }

    pub(crate) fn new(network: Box<dyn Network>) -> Self {
        Self { network }
    }

    fn run(&self, image: RgbView<'_>, eye_roi: SquareRoi) -> Result<IrisFit, InferError> {
        let input = sampled(image, &eye_roi, SIDE, |value| value / 255.0);
        let [contour, iris] = run_for(&*self.network, &input, [CONTOUR_POINTS * 3, IRIS_POINTS * 3])?;
        let in_image = |values: &[f32], index: usize| {
            let at = Point2::new(values[index * 3] / SIDE as f32, values[index * 3 + 1] / SIDE as f32);
            eye_roi.image_from_unit(at)
        };
        let mut lids = [Point2::default(); EYE_CONTOUR_POINT_COUNT];
        for (index, point) in lids.iter_mut().enumerate() {
            *point = in_image(contour.values(), index);
        }
        let rim = |index| in_image(iris.values(), index);
        Ok(IrisFit {
            contour: lids,
            iris_centre: rim(0),
            iris_diameter_px: (rim(1).distance(rim(3)) + rim(2).distance(rim(4))) / 2.0,
        })
    }
}

impl RefineEye for IrisRefiner {
    fn refine(&self, image: RgbView<'_>, eye_roi: SquareRoi) -> Result<IrisFit, ModelError> {
        self.run(image, eye_roi).map_err(ModelError::new)
    }
}

impl std::fmt::Debug for IrisRefiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IrisRefiner")
    }
}
