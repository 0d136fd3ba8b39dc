//! Texture evidence: networks that tell skin from paper and displays by one crop around the face.
//!
//! Pinned are the MiniFASNet pair (minivision, Silent-Face-Anti-Spoofing) and one more network, from the package
//! faceplugin-face-recognition-js; they were trained on different data, so they err in different places. An operator can
//! put other networks in their place: a [`TextureSpec`] declares what each expects and what it answers.

mod spec;

use verilume_frame::{Rect, RgbView};
use verilume_vision::models::{ModelError, ScoreTexture, TextureView};
use verilume_vision::sample::sample_rect;

use crate::engine::run_for;
use crate::weights::sha256_hex;
use crate::{Engine, InferError, InferErrorKind, Network, PinnedModel, Tensor, Weights};
pub use spec::{ChannelOrder, TextureOutput, TextureSpec};

/// No network is believed to be surer than this either way, as a probability. Origin: reasoning; the published error
/// rates of such networks are far higher.
const SUREST: f32 = 1e-3;

/// One or more texture networks; the weighted mean of their log-odds counts.
pub struct TextureSpoofModel {
    members: Vec<Member>,
}

struct Member {
    spec: TextureSpec,
    sha256: String,
    network: Box<dyn Network>,
}

impl TextureSpoofModel {
    /// The networks that are looked for where an operator names none.
    pub const PINNED: [PinnedModel; 3] =
        [PinnedModel::MINIFASNET_V2, PinnedModel::MINIFASNET_V1SE, PinnedModel::FR_LIVENESS];

    /// Loads the pinned networks, as many of them as are there.
    ///
    /// # Errors
    /// [`InferErrorKind::WeightsMissing`] where there is none of them; other kinds for one that is there and of no use.
    pub fn load(engine: &Engine, weights: &Weights) -> Result<Self, InferError> {
        let [narrow, wide, other] = Self::PINNED;
        let pinned = [
            (narrow, TextureSpec::minifasnet(narrow.name, narrow.input_side, 2.7)),
            (wide, TextureSpec::minifasnet(wide.name, wide.input_side, 4.0)),
            (other, TextureSpec::fr_liveness(other.name, other.input_side, 2.7)),
        ];
        let mut networks = Vec::new();
        let mut missing = None;
        for (model, spec) in pinned {
            match weights.read(model) {
                Ok(onnx) => networks.push((spec, onnx)),
                Err(error) if error.kind() == InferErrorKind::WeightsMissing => missing = Some(error),
                Err(error) => return Err(error),
            }
        }
        match missing {
            Some(error) if networks.is_empty() => Err(error),
            _ => Self::of(engine, networks),
        }
    }

    /// Loads networks of an operator's choice, each with the bytes of its ONNX file.
    ///
    /// # Errors
    /// [`InferErrorKind::Load`] for a declaration out of range or a file that the engine refuses,
    /// [`InferErrorKind::WeightsMismatch`] for bytes that do not hash to a declared SHA-256, [`InferErrorKind::Output`]
    /// if a network does not answer as declared: each is run once.
    pub fn of(engine: &Engine, networks: Vec<(TextureSpec, Vec<u8>)>) -> Result<Self, InferError> {
        if networks.is_empty() {
            return Err(InferError::new(InferErrorKind::Load, "no texture network is declared"));
        }
        let members = networks.into_iter().map(|(spec, onnx)| Member::load(engine, spec, onnx));
        Ok(Self { members: members.collect::<Result<_, _>>()? })
    }

    /// The name of each network and the SHA-256 of its file.
    pub fn networks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().map(|member| (member.spec.name.as_str(), member.sha256.as_str()))
    }
}

impl ScoreTexture for TextureSpoofModel {
    /// The weighted mean of the networks' log-odds, as a probability: a logarithmic opinion pool (Genest and Zidek,
    /// Statistical Science 1986). One that is sure outweighs one that is not.
    fn score(&self, image: RgbView<'_>, face_in_image: Rect, view: TextureView) -> Result<f32, ModelError> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for member in &self.members {
            let live = member.score(image, face_in_image, view).map_err(ModelError::new)?;
            sum += member.spec.weight * log_odds(live);
            weights += member.spec.weight;
        }
        Ok(1.0 / (1.0 + (-sum / weights).exp()))
    }
}

/// Of a probability, which counts as [`SUREST`] at least and as what that leaves at most.
fn log_odds(probability: f32) -> f32 {
    let probability = probability.clamp(SUREST, 1.0 - SUREST);
    (probability / (1.0 - probability)).ln()
}

impl std::fmt::Debug for TextureSpoofModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.networks()).finish()
    }
}

impl Member {
    fn load(engine: &Engine, spec: TextureSpec, onnx: Vec<u8>) -> Result<Self, InferError> {
        spec.check()?;
        let sha256 = sha256_hex(&onnx);
        if let Some(declared) = spec.sha256.as_ref().filter(|declared| **declared != sha256) {
            let context = format!("{} hashes to {sha256}, not to the declared {declared}", spec.name);
            return Err(InferError::new(InferErrorKind::WeightsMismatch, context));
        }
        let member = Self { network: engine.load(onnx)?, spec, sha256 };
        member.live(&member.empty_input())?;
        Ok(member)
    }

    fn empty_input(&self) -> Tensor {
        let side = self.spec.side as usize;
        Tensor::zeros(&[1, 3, side, side])
    }

    fn score(&self, image: RgbView<'_>, face_in_image: Rect, view: TextureView) -> Result<f32, InferError> {
        let crop = crop_around(face_in_image, image.bounds(), self.spec.crop_scale * view.zoom);
        let mut input = self.empty_input();
        let side = self.spec.side as usize;
        let plane = side * side;
        let values = input.values_mut();
        sample_rect(image, crop, self.spec.side, |index, rgb| {
            let column = index % side;
            let index = if view.mirrored { index - column + (side - 1 - column) } else { index };
            for (channel, value) in self.spec.normalised(rgb).into_iter().enumerate() {
                values[channel * plane + index] = value;
            }
        });
        self.live(&input)
    }

    fn live(&self, input: &Tensor) -> Result<f32, InferError> {
        let [answer] = run_for(&*self.network, input, [self.spec.classes])?;
        let live = self.spec.live(answer.values());
        if live.is_finite() {
            return Ok(live.clamp(0.0, 1.0));
        }
        Err(InferError::new(InferErrorKind::Output, format!("{} answers no number", self.spec.name)))
    }
}

/// `scale` face boxes around the face, shrunk to fit the frame and then shifted inside it.
fn crop_around(face: Rect, bounds: Rect, scale: f32) -> Rect {
    let scale = scale.min(bounds.width / face.width.max(1.0)).min(bounds.height / face.height.max(1.0));
    let (width, height) = (face.width * scale, face.height * scale);
    let centre = face.centre();
    Rect::new(
        (centre.x - width / 2.0).clamp(0.0, (bounds.width - width).max(0.0)),
        (centre.y - height / 2.0).clamp(0.0, (bounds.height - height).max(0.0)),
        width,
        height,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(face: Rect, scale: f32, expected: Rect) {
        let bounds = Rect::new(0.0, 0.0, 400.0, 300.0);
        let crop = crop_around(face, bounds, scale);
        assert!((crop.intersection(bounds).area() - crop.area()).abs() < 1.0, "{crop:?} leaves the frame");
        assert!(crop.iou(expected) > 0.999, "{crop:?}, expected {expected:?}");
    }

    #[test]
    fn the_crop_shrinks_and_shifts_to_stay_inside() {
        check(Rect::new(180.0, 130.0, 40.0, 40.0), 2.7, Rect::new(146.0, 96.0, 108.0, 108.0));
        check(Rect::new(0.0, 0.0, 40.0, 40.0), 2.7, Rect::new(0.0, 0.0, 108.0, 108.0));
        check(Rect::new(100.0, 50.0, 200.0, 200.0), 2.7, Rect::new(50.0, 0.0, 300.0, 300.0));
    }
}
