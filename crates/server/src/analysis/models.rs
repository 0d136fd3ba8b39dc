//! The networks of one worker.

use std::sync::Arc;

use verilume_infer::{
    DetectorRange, Engine, InferError, InferErrorKind, PersonSegmenter, Weights, face_models,
};
use verilume_liveness::observe::{FlashModels, StaticModels};
use verilume_recognition::{Embedder, SessionIdentityConfig};
use verilume_vision::models::{FaceModels, ScoreTexture};

use crate::networks::OwnNetworks;

/// Loaded once, shared by the attempts that one worker analyses in turn.
pub(crate) struct WorkerModels {
    /// For the static evidence: sees small faces beside the main one.
    pub(crate) face: Arc<FaceModels>,
    /// For the flashing light.
    pub(super) flash: FlashModels,
    /// For the rest of the static evidence.
    pub(super) still: StaticModels,
    /// For captures that are compared with a reference; all workers share it.
    pub(super) embedder: Arc<Embedder>,
    /// When the frames of one show one person to that network.
    pub(super) identity: SessionIdentityConfig,
}

impl WorkerModels {
    /// Loads the models on an engine of their own. Without weights of any texture network its evidence is unavailable.
    pub(crate) fn load(
        weights: &Weights,
        networks: &OwnNetworks,
        embedder: Arc<Embedder>,
    ) -> Result<Self, InferError> {
        let engine = Engine::rten();
        let still = static_models(&engine, weights, networks)?;
        Ok(Self {
            face: Arc::new(face_models(&engine, weights, DetectorRange::Full)?),
            flash: FlashModels {
                face: Arc::new(face_models(&engine, weights, DetectorRange::Short)?),
                person: Arc::clone(&still.person),
            },
            still,
            embedder,
            identity: SessionIdentityConfig::of(&networks.calibration()),
        })
    }
}

/// The networks behind the static evidence.
pub(crate) fn static_models(
    engine: &Engine,
    weights: &Weights,
    networks: &OwnNetworks,
) -> Result<StaticModels, InferError> {
    let texture = match networks.load_texture(engine, weights) {
        Ok(texture) => Ok(Arc::new(texture) as Arc<dyn ScoreTexture>),
        Err(error) if error.kind() == InferErrorKind::WeightsMissing => {
            Err("no weights of a texture model are installed".to_owned())
        }
        Err(error) => return Err(error),
    };
    Ok(StaticModels { texture, person: Arc::new(PersonSegmenter::load(engine, weights)?) })
}
