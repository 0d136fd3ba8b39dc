//! The networks of the flashing light model, loaded.

use std::sync::Arc;

use verilume_infer::{DetectorRange, Engine, InferError, PersonSegmenter, Weights, face_models};
use verilume_liveness::observe::FlashModels;

/// Loads the networks that the flashing light model looks through.
pub fn load_models(engine: &Engine, weights: &Weights) -> Result<FlashModels, InferError> {
    Ok(FlashModels {
        face: Arc::new(face_models(engine, weights, DetectorRange::Short)?),
        person: Arc::new(PersonSegmenter::load(engine, weights)?),
    })
}
