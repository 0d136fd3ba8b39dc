//! From a face in a frame to its embedding.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use verilume_frame::{FaceLandmarks, RgbView};
use verilume_infer::{ChannelOrder, Engine, Network, PinnedModel, Tensor, Weights};
use verilume_vision::SquareRoi;
use verilume_vision::sample::sample_square;

use crate::{Embedding, Metric, RecognitionError, RecognitionErrorKind, Template};

/// The longest side of an input, pixels. Origin: published face embedders take 96 to 224.
const LONGEST_SIDE: u32 = 512;
/// The most numbers of an embedding. Origin: published ones have 128 to 512.
const MOST_DIMENSIONS: usize = 4096;

/// An embedding network: one aligned RGB face in (`1 x 3 x side x side`, 32-bit floats), one list of numbers out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSpec {
    /// Its name in reports.
    pub name: String,
    /// The ONNX file, from the folder of the declaration.
    pub file: PathBuf,
    /// SHA-256 that the file must have, lower-case hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Side of the input, pixels.
    pub side: u32,
    /// Where it expects which point of a face.
    pub template: Template,
    /// Order of the channels.
    #[serde(default)]
    pub channels: ChannelOrder,
    /// Subtracted from each channel's 0..=255, in the order of the input.
    #[serde(default)]
    pub mean: [f32; 3],
    /// Each channel is divided by this afterwards.
    #[serde(default = "ones")]
    pub std: [f32; 3],
    /// How many numbers it answers with.
    pub dimensions: usize,
    /// How its embeddings are compared.
    pub metric: Metric,
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

impl EmbedderSpec {
    /// dlib's network: it normalises its pixels itself.
    fn dlib() -> Self {
        let model = PinnedModel::DLIB_RESNET;
        Self {
            name: model.name.to_owned(),
            file: PathBuf::from(model.file),
            sha256: Some(model.sha256.to_owned()),
            side: model.input_side,
            template: Template::Dlib,
            channels: ChannelOrder::Rgb,
            mean: [0.0; 3],
            std: ones(),
            dimensions: 128,
            metric: Metric::Euclidean,
        }
    }

    /// Refuses what no network of this kind can be.
    fn check(&self) -> Result<(), RecognitionError> {
        let within = |is_within: bool, what: &str| {
            let context = || format!("the declaration of {}: {what}", self.name);
            let refused = || RecognitionError::new(RecognitionErrorKind::Declaration, context());
            is_within.then_some(()).ok_or_else(refused)
        };
        within((16..=LONGEST_SIDE).contains(&self.side), "side must be 16 to 512")?;
        within((2..=MOST_DIMENSIONS).contains(&self.dimensions), "dimensions must be 2 to 4096")?;
        within(self.mean.iter().all(|mean| mean.is_finite()), "mean must be three numbers")?;
        within(self.std.iter().all(|std| std.is_normal()), "std must be three numbers other than 0")
    }

    /// A pixel of 0..=255 as the network wants it.
    fn normalised(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        let mut channels = match self.channels {
            ChannelOrder::Rgb => [red, green, blue],
            ChannelOrder::Bgr => [blue, green, red],
        };
        for ((value, mean), std) in channels.iter_mut().zip(self.mean).zip(self.std) {
            *value = (*value - mean) / std;
        }
        channels
    }
}

/// An embedding network, loaded.
pub struct Embedder {
    spec: EmbedderSpec,
    sha256: Arc<str>,
    network: Box<dyn Network>,
}

impl Embedder {
    /// Loads dlib's network.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, RecognitionError> {
        Self::of(engine, EmbedderSpec::dlib(), weights.read(PinnedModel::DLIB_RESNET)?)
    }

    /// Loads a network of an operator's choice from the bytes of its ONNX file.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::Declaration`] for a declaration out of range, [`RecognitionErrorKind::Model`] for bytes
    /// that do not hash to a declared SHA-256, that the engine refuses, or that do not answer as declared: it is run
    /// once.
    pub fn of(engine: &Engine, spec: EmbedderSpec, onnx: Vec<u8>) -> Result<Self, RecognitionError> {
        spec.check()?;
        let sha256: String = Sha256::digest(&onnx).iter().map(|byte| format!("{byte:02x}")).collect();
        if let Some(declared) = spec.sha256.as_ref().filter(|declared| **declared != sha256) {
            let context = format!("{} hashes to {sha256}, not to the declared {declared}", spec.name);
            return Err(RecognitionError::new(RecognitionErrorKind::Model, context));
        }
        let embedder = Self { network: engine.load(onnx)?, spec, sha256: sha256.into() };
        let mut grey = embedder.empty_input();
        grey.values_mut().fill(0.5);
        embedder.run(&grey)?;
        Ok(embedder)
    }

    /// What was loaded.
    pub fn spec(&self) -> &EmbedderSpec {
        &self.spec
    }

    /// SHA-256 of the network's file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The embedding of one face.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::Alignment`] if the mesh has no extent, [`RecognitionErrorKind::Model`] if the network
    /// fails.
    pub fn embed(
        &self,
        image: RgbView<'_>,
        landmarks: &FaceLandmarks,
    ) -> Result<Embedding, RecognitionError> {
        let chip = self.spec.template.chip_in_image(landmarks);
        let chip = chip.ok_or_else(|| {
            RecognitionError::new(RecognitionErrorKind::Alignment, "the face has no extent in the frame")
        })?;
        self.run(&self.sampled(image, &chip))
    }

    fn empty_input(&self) -> Tensor {
        let side = self.spec.side as usize;
        Tensor::zeros(&[1, 3, side, side])
    }

    fn sampled(&self, image: RgbView<'_>, chip: &SquareRoi) -> Tensor {
        let mut input = self.empty_input();
        let plane = (self.spec.side * self.spec.side) as usize;
        let values = input.values_mut();
        sample_square(image, chip, self.spec.side, |index, rgb| {
            for (channel, value) in self.spec.normalised(rgb).into_iter().enumerate() {
                values[channel * plane + index] = value;
            }
        });
        input
    }

    fn run(&self, input: &Tensor) -> Result<Embedding, RecognitionError> {
        let outputs = self.network.run(input)?;
        let answer = outputs.iter().find(|output| output.values().len() == self.spec.dimensions);
        let answer = answer.ok_or_else(|| {
            let context = format!("{} has no output of {} values", self.spec.name, self.spec.dimensions);
            RecognitionError::new(RecognitionErrorKind::Model, context)
        })?;
        Embedding::new(Arc::clone(&self.sha256), answer.values().to_vec())
    }
}

impl fmt::Debug for Embedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedder({}, {})", self.spec.name, self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_ordered_and_normalised_as_declared() {
        let spec = EmbedderSpec {
            channels: ChannelOrder::Bgr,
            mean: [10.0, 20.0, 30.0],
            std: [2.0, 4.0, 5.0],
            ..EmbedderSpec::dlib()
        };
        assert_eq!(spec.normalised([130.0, 60.0, 12.0]), [1.0, 10.0, 20.0]);
    }

    #[test]
    fn a_declaration_out_of_range_is_refused() {
        assert!(EmbedderSpec::dlib().check().is_ok());
        assert!(EmbedderSpec { side: 100_000, ..EmbedderSpec::dlib() }.check().is_err());
        assert!(EmbedderSpec { dimensions: 0, ..EmbedderSpec::dlib() }.check().is_err());
        assert!(EmbedderSpec { std: [1.0, 0.0, 1.0], ..EmbedderSpec::dlib() }.check().is_err());
        let spec = EmbedderSpec { sha256: Some("0".repeat(64)), ..EmbedderSpec::dlib() };
        let error = Embedder::of(&Engine::rten(), spec, b"no network".to_vec()).unwrap_err();
        assert_eq!(error.kind(), RecognitionErrorKind::Model);
    }
}
