//! The models of the pipeline, loaded once and shared by captures that are analysed one after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use verilume_infer::{
    DetectorRange, Engine, InferError, InferErrorKind, PersonSegmenter, PinnedModel, TextureSpoofModel,
    Weights, face_models,
};
use verilume_liveness::observe::StaticModels;
use verilume_vision::models::FaceModels;

/// The models of the pipeline.
#[derive(Debug)]
pub struct AnalysisModels {
    /// Detector, mesh and iris.
    pub face: Arc<FaceModels>,
    /// The texture networks, or why they are not there.
    pub texture: Result<Arc<TextureSpoofModel>, String>,
    /// Person against background.
    pub person: Arc<PersonSegmenter>,
}

/// One model in the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelStatus {
    /// Whether the model ran.
    pub available: bool,
    /// SHA-256 of its weights.
    pub sha256: String,
}

impl AnalysisModels {
    /// Loads the models. The texture networks are optional: without any their signal is unavailable.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        let texture = match TextureSpoofModel::load(engine, weights) {
            Ok(texture) => Ok(Arc::new(texture)),
            Err(error) if error.kind() == InferErrorKind::WeightsMissing => {
                Err("no weights of a texture model are installed".to_owned())
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            face: Arc::new(face_models(engine, weights, DetectorRange::Full)?),
            texture,
            person: Arc::new(PersonSegmenter::load(engine, weights)?),
        })
    }

    /// Those that static evidence rests on.
    pub(super) fn still(&self) -> StaticModels {
        StaticModels {
            texture: self.texture.clone().map(|texture| texture as _),
            person: Arc::clone(&self.person) as _,
        }
    }

    /// Puts other texture networks in the place of the pinned ones.
    pub fn with_texture(self, texture: TextureSpoofModel) -> Self {
        Self { texture: Ok(Arc::new(texture)), ..self }
    }

    /// Which models there are.
    pub fn status(&self) -> BTreeMap<String, ModelStatus> {
        let status = |name: &str, sha256: &str, available| {
            (name.to_owned(), ModelStatus { available, sha256: sha256.to_owned() })
        };
        let required =
            [PinnedModel::BLAZEFACE_FULL, PinnedModel::FACE_MESH, PinnedModel::IRIS, PinnedModel::SELFIE];
        let required = required.map(|model| status(model.name, model.sha256, true));
        let texture: Vec<_> = match &self.texture {
            Ok(texture) => texture.networks().map(|(name, sha256)| status(name, sha256, true)).collect(),
            Err(_) => TextureSpoofModel::PINNED.map(|model| status(model.name, model.sha256, false)).into(),
        };
        required.into_iter().chain(texture).collect()
    }
}
