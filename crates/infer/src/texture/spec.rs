//! What a texture network expects and what it answers, as its operator declares it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::{InferError, InferErrorKind};

/// The longest side of an input, pixels. Origin: what the largest published models of this kind take is 256.
const LONGEST_SIDE: u32 = 512;
/// The most classes. Origin: models of this kind have one to five.
const MOST_CLASSES: usize = 16;
/// The widest crop, face boxes. Origin: beyond this a phone's frame has no more picture.
const WIDEST_CROP: f32 = 8.0;
/// The most that one network counts. Origin: more would silence all others.
const HEAVIEST: f32 = 100.0;

/// A texture network: one RGB crop in (`1 x 3 x side x side`, 32-bit floats), one list of classes out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextureSpec {
    /// Its name in reports.
    pub name: String,
    /// The ONNX file, from the folder of the declaration.
    pub file: PathBuf,
    /// SHA-256 that the file must have, lower-case hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Side of the input, pixels.
    pub side: u32,
    /// Width and height of the crop, in boxes of the face detector (brow to chin, about square).
    pub crop_scale: f32,
    /// Order of the channels.
    #[serde(default)]
    pub channels: ChannelOrder,
    /// Subtracted from each channel's 0..=255, in the order of the input.
    #[serde(default)]
    pub mean: [f32; 3],
    /// Each channel is divided by this afterwards.
    #[serde(default = "ones")]
    pub std: [f32; 3],
    /// How many classes it answers with.
    pub classes: usize,
    /// Which of them is "live", from 0.
    pub live_class: usize,
    /// What the answer is.
    #[serde(default)]
    pub output: TextureOutput,
    /// What its answer counts beside those of other networks, above 0, at most 100.
    #[serde(default = "one")]
    pub weight: f32,
}

/// Order of the channels of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red, as OpenCV reads pictures.
    Bgr,
}

/// What a network's answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextureOutput {
    /// Probabilities.
    #[default]
    Probabilities,
    /// Logits: softmax makes them probabilities, and the logistic function a single one.
    Logits,
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

fn one() -> f32 {
    1.0
}

impl TextureSpec {
    /// A member of the MiniFASNet pair: 0..=255 in the order BGR, three probabilities, the second is "live".
    pub(super) fn minifasnet(name: &str, side: u32, crop_scale: f32) -> Self {
        Self {
            name: name.to_owned(),
            file: PathBuf::from(format!("{name}.onnx")),
            sha256: None,
            side,
            crop_scale,
            channels: ChannelOrder::Bgr,
            mean: [0.0; 3],
            std: ones(),
            classes: 3,
            live_class: 1,
            output: TextureOutput::Probabilities,
            weight: one(),
        }
    }

    /// The network of face-plugin's package: as above, but three logits, the first is "live". It counts as much as the
    /// pair, whose members were trained alike.
    pub(super) fn fr_liveness(name: &str, side: u32, crop_scale: f32) -> Self {
        let pair_like = Self::minifasnet(name, side, crop_scale);
        Self { live_class: 0, output: TextureOutput::Logits, weight: 2.0, ..pair_like }
    }

    /// Refuses what no network of this kind can be.
    pub(super) fn check(&self) -> Result<(), InferError> {
        let within = |is_within: bool, what: &str| {
            let context = || format!("the declaration of {}: {what}", self.name);
            is_within.then_some(()).ok_or_else(|| InferError::new(InferErrorKind::Load, context()))
        };
        within((16..=LONGEST_SIDE).contains(&self.side), "side must be 16 to 512")?;
        within((0.5..=WIDEST_CROP).contains(&self.crop_scale), "crop_scale must be 0.5 to 8")?;
        within((1..=MOST_CLASSES).contains(&self.classes), "classes must be 1 to 16")?;
        within(self.live_class < self.classes, "live_class must be below classes")?;
        within(self.weight > 0.0 && self.weight <= HEAVIEST, "weight must be above 0, at most 100")?;
        within(self.mean.iter().all(|mean| mean.is_finite()), "mean must be three numbers")?;
        within(self.std.iter().all(|std| std.is_normal()), "std must be three numbers other than 0")
    }

    /// A pixel of 0..=255 as the network wants it.
    pub(super) fn normalised(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        let mut channels = match self.channels {
            ChannelOrder::Rgb => [red, green, blue],
            ChannelOrder::Bgr => [blue, green, red],
        };
        for ((value, mean), std) in channels.iter_mut().zip(self.mean).zip(self.std) {
            *value = (*value - mean) / std;
        }
        channels
    }

    /// The probability of "live" in an answer.
    pub(super) fn live(&self, answer: &[f32]) -> f32 {
        let live = answer[self.live_class];
        match (self.output, answer) {
            (TextureOutput::Probabilities, _) => live,
            (TextureOutput::Logits, [logit]) => 1.0 / (1.0 + (-logit).exp()),
            (TextureOutput::Logits, logits) => {
                1.0 / logits.iter().map(|logit| (logit - live).exp()).sum::<f32>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TextureSpec {
        TextureSpec::minifasnet("some", 80, 2.7)
    }

    #[test]
    fn logits_become_probabilities() {
        let of = |classes, live_class, answer: &[f32]| {
            TextureSpec { classes, live_class, output: TextureOutput::Logits, ..spec() }.live(answer)
        };
        assert!((of(1, 0, &[0.0]) - 0.5).abs() < 1e-6);
        assert!((of(2, 1, &[0.0, 3f32.ln()]) - 0.75).abs() < 1e-6);
        assert!((of(2, 0, &[500.0, -500.0]) - 1.0).abs() < 1e-6, "no overflow");
    }

    #[test]
    fn pixels_are_ordered_and_normalised_as_declared() {
        let bgr = TextureSpec { mean: [10.0, 20.0, 30.0], std: [2.0, 4.0, 5.0], ..spec() };
        assert_eq!(bgr.normalised([130.0, 60.0, 12.0]), [1.0, 10.0, 20.0]);
        let rgb = TextureSpec { channels: ChannelOrder::Rgb, ..bgr };
        assert_eq!(rgb.normalised([12.0, 60.0, 130.0]), [1.0, 10.0, 20.0]);
    }

    #[test]
    fn a_declaration_out_of_range_is_refused() {
        assert!(spec().check().is_ok());
        assert!(TextureSpec { live_class: 3, ..spec() }.check().is_err());
        assert!(TextureSpec { side: 100_000, ..spec() }.check().is_err());
        assert!(TextureSpec { std: [1.0, 0.0, 1.0], ..spec() }.check().is_err());
        assert!(TextureSpec { crop_scale: f32::NAN, ..spec() }.check().is_err());
        assert!(TextureSpec { weight: 0.0, ..spec() }.check().is_err());
    }
}
