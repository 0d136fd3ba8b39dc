//! The networks of one worker.

use std::sync::Arc;

use verilume_infer::{
    DetectorRange, Engine, InferError, InferErrorKind, PersonSegmenter, TextureSpoofModel, Weights,
    face_models,
};
use verilume_liveness::observe::{FlashModels, StaticModels};
use verilume_vision::models::{FaceModels, ScoreTexture, SegmentPerson};

/// Loaded once, shared by the attempts that one worker analyses in turn.
pub(crate) struct WorkerModels {
    /// For the static evidence: sees small faces beside the main one.
    pub(crate) face: Arc<FaceModels>,
    /// For the flashing light.
    pub(super) flash: FlashModels,
    /// For the rest of the static evidence.
    pub(super) still: StaticModels,
}

impl WorkerModels {
    /// Loads the models on an engine of their own. Without weights of the texture pair its evidence is unavailable.
    pub(crate) fn load(weights: &Weights) -> Result<Self, InferError> {
        let engine = Engine::rten();
        let texture = match TextureSpoofModel::load(&engine, weights) {
            Ok(texture) => Ok(Arc::new(texture) as Arc<dyn ScoreTexture>),
            Err(error) if error.kind() == InferErrorKind::WeightsMissing => {
                Err("the weights of the texture models (MiniFASNet) are not installed".to_owned())
            }
            Err(error) => return Err(error),
        };
        let person: Arc<dyn SegmentPerson> = Arc::new(PersonSegmenter::load(&engine, weights)?);
        Ok(Self {
            face: Arc::new(face_models(&engine, weights, DetectorRange::Full)?),
            flash: FlashModels {
                face: Arc::new(face_models(&engine, weights, DetectorRange::Short)?),
                person: Arc::clone(&person),
            },
            still: StaticModels { texture, person },
        })
    }
}
