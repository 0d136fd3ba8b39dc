//! Networks of the operator's choice, in the place of the pinned ones.

use std::fmt;

use verilume_infer::{Engine, InferError, TextureSpec, TextureSpoofModel, Weights};
use verilume_recognition::{Calibration, Embedder, EmbedderSpec, RecognitionError};

use crate::error::{ServerError, ServerErrorKind};

/// Networks of the operator's choice, in the place of the pinned ones, each with the bytes of its ONNX file. The default
/// names none.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct OwnNetworks {
    /// The texture networks.
    pub texture: Option<Vec<(TextureSpec, Vec<u8>)>>,
    /// The network that faces are compared by. It needs a calibration that was fitted with it.
    pub embedder: Option<(EmbedderSpec, Vec<u8>)>,
    /// What distances mean; `None` is the calibration of the pinned network.
    pub calibration: Option<Calibration>,
}

impl OwnNetworks {
    /// Whether all networks can be loaded and fit together. [`crate::Server::start`] refuses what this refuses.
    ///
    /// # Errors
    /// [`ServerErrorKind::TextureModelUnusable`], [`ServerErrorKind::EmbedderUnusable`],
    /// [`ServerErrorKind::FaceCalibrationUnusable`], and [`ServerErrorKind::ModelsUnusable`] for a pinned network.
    pub fn check(&self, weights: &Weights) -> Result<(), ServerError> {
        self.check_texture()?;
        self.load_calibrated(weights).map(drop)
    }

    /// Whether the texture networks can be loaded, if there are any.
    pub(crate) fn check_texture(&self) -> Result<(), ServerError> {
        let Some(networks) = &self.texture else { return Ok(()) };
        let loaded = TextureSpoofModel::of(&Engine::rten(), networks.clone());
        loaded.map(drop).map_err(|error| {
            let context = "the texture networks cannot be used";
            ServerError::new(ServerErrorKind::TextureModelUnusable, context).caused_by(error)
        })
    }

    /// Loads the embedding network, if the calibration was fitted with it: else no distance would mean anything.
    pub(crate) fn load_calibrated(&self, weights: &Weights) -> Result<Embedder, ServerError> {
        let embedder = self.load_embedder(&Engine::rten(), weights).map_err(|error| {
            let (kind, context) = match self.embedder {
                Some(_) => (ServerErrorKind::EmbedderUnusable, "the embedding network cannot be used"),
                None => (ServerErrorKind::ModelsUnusable, "the models cannot be loaded"),
            };
            ServerError::new(kind, context).caused_by(error)
        })?;
        if self.calibration().is_of(&embedder) {
            return Ok(embedder);
        }
        let name = &embedder.spec().name;
        let context = match self.calibration {
            Some(_) => format!("the calibration of faces was fitted with another network than {name}"),
            None => format!("there is no calibration of faces that was fitted with {name}"),
        };
        Err(ServerError::new(ServerErrorKind::FaceCalibrationUnusable, context))
    }

    pub(crate) fn load_texture(
        &self,
        engine: &Engine,
        weights: &Weights,
    ) -> Result<TextureSpoofModel, InferError> {
        match &self.texture {
            Some(networks) => TextureSpoofModel::of(engine, networks.clone()),
            None => TextureSpoofModel::load(engine, weights),
        }
    }

    pub(crate) fn load_embedder(
        &self,
        engine: &Engine,
        weights: &Weights,
    ) -> Result<Embedder, RecognitionError> {
        match &self.embedder {
            Some((spec, onnx)) => Embedder::of(engine, spec.clone(), onnx.clone()),
            None => Embedder::load(engine, weights),
        }
    }

    /// What distances mean.
    pub(crate) fn calibration(&self) -> Calibration {
        self.calibration.clone().unwrap_or_else(Calibration::shipped)
    }

    /// Lets the files go once every thread has loaded them; the calibration stays.
    pub(crate) fn forget_files(&mut self) {
        (self.texture, self.embedder) = (None, None);
    }
}

impl fmt::Debug for OwnNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texture = self.texture.iter().flatten().map(|(spec, _)| spec.name.as_str());
        f.debug_struct("OwnNetworks")
            .field("texture", &texture.collect::<Vec<_>>())
            .field("embedder", &self.embedder.as_ref().map(|(spec, _)| spec.name.as_str()))
            .field("calibration", &self.calibration.as_ref().map(|fitted| fitted.model_sha256.as_str()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::json;
    use verilume_infer::PinnedModel;

    use super::*;

    fn models() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/models")
    }

    /// dlib's network, declared as if it were an operator's own.
    fn own_embedder(metric: &str) -> OwnNetworks {
        let declared = json!({
            "name": "own", "file": "own.onnx", "side": 150, "template": "dlib", "dimensions": 128, "metric": metric
        });
        let onnx = std::fs::read(models().join(PinnedModel::DLIB_RESNET.file)).unwrap();
        OwnNetworks {
            embedder: Some((serde_json::from_value(declared).unwrap(), onnx)),
            ..OwnNetworks::default()
        }
    }

    #[track_caller]
    fn check(networks: &OwnNetworks, expected: Option<ServerErrorKind>) {
        let found = networks.check(&Weights::in_folder(models()));
        assert_eq!(found.as_ref().err().map(ServerError::kind), expected, "{found:?}");
    }

    #[test]
    fn the_pinned_networks_can_be_named() {
        check(&OwnNetworks::default(), None);
        check(&OwnNetworks { calibration: Some(Calibration::shipped()), ..own_embedder("euclidean") }, None);
    }

    #[test]
    fn a_network_without_its_calibration_is_refused() {
        let unusable = Some(ServerErrorKind::FaceCalibrationUnusable);
        check(&own_embedder("cosine"), unusable);
        let mut other = Calibration::shipped();
        other.model_sha256 = "00".repeat(32);
        check(&OwnNetworks { calibration: Some(other), ..own_embedder("euclidean") }, unusable);
    }

    #[test]
    fn a_network_that_does_not_load_is_refused() {
        let mut broken = own_embedder("euclidean");
        if let Some((_, onnx)) = &mut broken.embedder {
            onnx.truncate(100);
        }
        check(&broken, Some(ServerErrorKind::EmbedderUnusable));
        let none = OwnNetworks { texture: Some(Vec::new()), ..OwnNetworks::default() };
        check(&none, Some(ServerErrorKind::TextureModelUnusable));
    }
}
