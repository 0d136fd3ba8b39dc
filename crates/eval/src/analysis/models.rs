//! The models of the pipeline, loaded once and shared by captures that are analysed one after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use verilume_infer::{
    DetectorRange, Engine, InferError, InferErrorKind, PinnedModel, TextureSpoofModel, Weights, face_models,
};
use verilume_vision::models::FaceModels;

/// The models of the pipeline.
#[derive(Debug)]
pub struct AnalysisModels {
    /// Detector, mesh and iris.
    pub face: Arc<FaceModels>,
    /// The texture pair, or why it is not there.
    pub texture: Result<TextureSpoofModel, String>,
}

/// One model in the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelStatus {
    /// Whether the model ran.
    pub available: bool,
    /// SHA-256 of its weights.
    pub sha256: &'static str,
}

impl AnalysisModels {
    /// Loads the models. The texture pair is optional: without its weights its signal is unavailable.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        let texture = match TextureSpoofModel::load(engine, weights) {
            Ok(texture) => Ok(texture),
            Err(error) if error.kind() == InferErrorKind::WeightsMissing => {
                Err("the weights of the texture models (MiniFASNet) are not installed".to_owned())
            }
            Err(error) => return Err(error),
        };
        Ok(Self { face: Arc::new(face_models(engine, weights, DetectorRange::Full)?), texture })
    }

    /// Which models there are.
    pub fn status(&self) -> BTreeMap<&'static str, ModelStatus> {
        let required = [PinnedModel::BLAZEFACE_FULL, PinnedModel::FACE_MESH, PinnedModel::IRIS];
        let texture = [PinnedModel::MINIFASNET_V2, PinnedModel::MINIFASNET_V1SE];
        let status =
            |model: PinnedModel, available| (model.name, ModelStatus { available, sha256: model.sha256 });
        let required = required.into_iter().map(|model| status(model, true));
        required.chain(texture.into_iter().map(|model| status(model, self.texture.is_ok()))).collect()
    }
}
