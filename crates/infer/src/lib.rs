//! Typed neural models behind one engine.
//!
//! The only crate that names an inference engine. Each model type documents its input geometry, normalisation and
//! output; no engine type appears in a signature. Weights are pinned: bytes that do not hash to the pinned SHA-256
//! are refused.
//!
//! ```no_run
//! use verilume_infer::{DetectorRange, Engine, FaceDetector, Weights};
//! use verilume_frame::RgbImage;
//! use verilume_vision::models::DetectFaces;
//!
//! let weights = Weights::in_folder("assets/models");
//! let engine = Engine::rten();
//! let detector = FaceDetector::load(&engine, &weights, DetectorRange::Full)?;
//! let image = RgbImage::filled(640, 480, [90, 90, 90])?;
//! assert!(detector.detect(image.view())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod detector;
mod engine;
mod error;
mod iris;
mod mesh;
mod sampling;
mod segmenter;
mod texture;
mod weights;

pub use detector::{DetectorRange, FaceDetector};
pub use engine::{Engine, EngineKind, Network, Tensor};
pub use error::{InferError, InferErrorKind};
pub use iris::IrisRefiner;
pub use mesh::FaceMesh;
pub use segmenter::{PersonMask, PersonSegmenter};
pub use texture::{ChannelOrder, TextureOutput, TextureSpec, TextureSpoofModel};
pub use weights::{PinnedModel, Weights};

use verilume_vision::models::FaceModels;

/// The three networks of the tracker: a detector of `range`, the mesh and the iris model.
pub fn face_models(
    engine: &Engine,
    weights: &Weights,
    range: DetectorRange,
) -> Result<FaceModels, InferError> {
    Ok(FaceModels {
        detector: Box::new(FaceDetector::load(engine, weights, range)?),
        mesh: Box::new(FaceMesh::load(engine, weights)?),
        iris: Box::new(IrisRefiner::load(engine, weights)?),
    })
}

/// The three networks of the tracker for devices that fetch them: weights of eight bits, which is a third of the bytes,
/// and the detector for faces within about two metres.
pub fn compact_face_models(engine: &Engine, weights: &Weights) -> Result<FaceModels, InferError> {
    let network = |model| engine.load(weights.read(model)?);
    Ok(FaceModels {
        detector: Box::new(FaceDetector::new(
            network(PinnedModel::BLAZEFACE_SHORT_8BIT)?,
            DetectorRange::Short,
        )),
        mesh: Box::new(FaceMesh::new(network(PinnedModel::FACE_MESH_8BIT)?)),
        iris: Box::new(IrisRefiner::new(network(PinnedModel::IRIS_8BIT)?)),
    })
}
