//! The 468-point face mesh (Kartynnik et al. 2019, arXiv 1907.06724).
//!
//! Input: a square of 1.5 face sizes turned so that the eyes are level, 192 x 192, RGB, 0..=255 mapped to 0..=1,
//! NCHW. Output: 468 points (x, y, z) in pixels of the square, z growing away from the camera, and a presence logit.

use verilume_frame::{FaceLandmarks, MESH_POINT_COUNT, Point2, Point3, RgbView};
use verilume_vision::SquareRoi;
use verilume_vision::models::{FitMesh, MeshFit, ModelError};

use crate::detector::sigmoid;
use crate::engine::run_for;
use crate::sampling::sampled;
use crate::{Engine, InferError, InferErrorKind, Network, PinnedModel, Weights};

const SIDE: u32 = 192;

/// The face mesh network.
pub struct FaceMesh {
    network: Box<dyn Network>,
}

impl FaceMesh {
    /// Loads the mesh network.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        Ok(Self::new(engine.load(weights.read(PinnedModel::FACE_MESH)?)?))
    }

    pub(crate) fn new(network: Box<dyn Network>) -> Self {
        Self { network }
    }

    fn run(&self, image: RgbView<'_>, face_roi: SquareRoi) -> Result<MeshFit, InferError> {
        let input = sampled(image, &face_roi, SIDE, |value| value / 255.0);
        let [points, presence] = run_for(&*self.network, &input, [MESH_POINT_COUNT * 3, 1])?;
        let (in_crop, _) = points.values().as_chunks::<3>();
        let image_px_per_crop_px = face_roi.side_px / SIDE as f32;
        let points = in_crop
            .iter()
            .map(|[x, y, z]| {
                let at = face_roi.image_from_unit(Point2::new(x / SIDE as f32, y / SIDE as f32));
                Point3::new(at.x, at.y, z * image_px_per_crop_px)
            })
            .collect();
        let landmarks = FaceLandmarks::new(points).map_err(|error| {
            InferError::caused_by(InferErrorKind::Output, "the mesh is incomplete", error)
        })?;
        Ok(MeshFit { landmarks, presence: sigmoid(presence.values()[0]) })
    }
}

impl FitMesh for FaceMesh {
    fn fit(&self, image: RgbView<'_>, face_roi: SquareRoi) -> Result<MeshFit, ModelError> {
        self.run(image, face_roi).map_err(ModelError::new)
    }
}

impl std::fmt::Debug for FaceMesh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaceMesh")
    }
}
