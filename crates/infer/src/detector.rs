//! BlazeFace: finds faces anywhere in a frame (Bazarevsky et al. 2019, arXiv 1907.05047).
//!
//! Input: the whole frame, shrunk with its aspect ratio kept and centred on a black square of 128 (short range) or 192
//! (full range) pixels; RGB, 0..=255 mapped to -1..=1; NCHW. Output: for each anchor 16 numbers (box centre and size,
//! six key points, in pixels of the square, relative to the anchor) and one logit.

use fast_image_resize as fir;
use verilume_frame::{Point2, Rect, RgbView};
use verilume_vision::models::{DetectFaces, FaceDetection, ModelError};
use zeroize::Zeroizing;

use crate::engine::run_for;
use crate::{Engine, InferError, InferErrorKind, Network, PinnedModel, Tensor, Weights};

/// How far a detector looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DetectorRange {
    /// Faces that fill a good part of the frame; about four times cheaper.
    Short,
    /// Small and distant faces too.
    #[default]
    Full,
}

/// Detections below this score are dropped. 0..=1; the value the model was published with.
const MIN_SCORE: f32 = 0.5;
/// Detections that overlap more than this (IoU) are one face. 0..=1; the value the model was published with.
const SAME_FACE_IOU: f32 = 0.3;
/// Numbers a detection has: centre, size and six key points.
const REGRESSOR_LEN: usize = 16;

/// A BlazeFace detector.
pub struct FaceDetector {
    network: Box<dyn Network>,
    side: usize,
    anchors_in_unit: Vec<Point2>,
}

impl FaceDetector {
    /// Loads the detector of a range.
    pub fn load(engine: &Engine, weights: &Weights, range: DetectorRange) -> Result<Self, InferError> {
        let model = match range {
            DetectorRange::Short => PinnedModel::BLAZEFACE_SHORT,
            DetectorRange::Full => PinnedModel::BLAZEFACE_FULL,
        };
        Ok(Self::new(engine.load(weights.read(model)?)?, range))
    }

    pub(crate) fn new(network: Box<dyn Network>, range: DetectorRange) -> Self {
        // (cells per side, anchors per cell) of each layer.
        let (side, layers): (_, &[(usize, usize)]) = match range {
            DetectorRange::Short => (128, &[(16, 2), (8, 6)]),
            DetectorRange::Full => (192, &[(48, 1)]),
        };
        Self { network, side, anchors_in_unit: layers.iter().flat_map(|layer| anchors(*layer)).collect() }
    }

    fn run(&self, image: RgbView<'_>) -> Result<Vec<FaceDetection>, InferError> {
        let letterbox = Letterbox::new(image, self.side);
        let input = letterbox.input(image)?;
        let count = self.anchors_in_unit.len();
        let [regressors, logits] = run_for(&*self.network, &input, [count * REGRESSOR_LEN, count])?;
        let (regressors, _) = regressors.values().as_chunks::<REGRESSOR_LEN>();
        let candidates = self
            .anchors_in_unit
            .iter()
            .zip(regressors)
            .zip(logits.values())
            .map(|((anchor, regressor), logit)| letterbox.detection(*anchor, regressor, sigmoid(*logit)))
            .filter(|candidate| candidate.score >= MIN_SCORE)
            .collect();
        Ok(merge_overlapping(candidates))
    }
}

impl DetectFaces for FaceDetector {
    fn detect(&self, image: RgbView<'_>) -> Result<Vec<FaceDetection>, ModelError> {
        self.run(image).map_err(ModelError::new)
    }
}

impl std::fmt::Debug for FaceDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceDetector({0}x{0})", self.side)
    }
}

fn anchors((cells, per_cell): (usize, usize)) -> impl Iterator<Item = Point2> {
    let centre = move |k: usize| (k as f32 + 0.5) / cells as f32;
    (0..cells * cells).flat_map(move |cell| {
        std::iter::repeat_n(Point2::new(centre(cell % cells), centre(cell / cells)), per_cell)
    })
}

/// The frame inside the network's square: where it sits, and how large.
struct Letterbox {
    side: usize,
    /// Frame pixels per square pixel.
    scale: f32,
    width: u32,
    height: u32,
    left: usize,
    top: usize,
}

impl Letterbox {
    fn new(image: RgbView<'_>, side: usize) -> Self {
        let longest = image.width().max(image.height());
        let scale = longest as f32 / side as f32;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and side")]
        let fitted = |length: u32| ((length as f32 / scale).round() as u32).clamp(1, side as u32);
        let (width, height) = (fitted(image.width()), fitted(image.height()));
        let (left, top) = ((side - width as usize) / 2, (side - height as usize) / 2);
        Self { side, scale, width, height, left, top }
    }

    fn input(&self, image: RgbView<'_>) -> Result<Tensor, InferError> {
        let small = Zeroizing::new(shrink(image, self.width, self.height)?);
        let mut input = Tensor::zeros(&[1, 3, self.side, self.side]);
        let plane = self.side * self.side;
        let values = input.values_mut();
        values.fill(-1.0);
        for (y, row) in small.chunks_exact(self.width as usize * 3).enumerate() {
            for (x, rgb) in row.as_chunks::<3>().0.iter().enumerate() {
                let at = (y + self.top) * self.side + x + self.left;
                for (channel, value) in rgb.iter().enumerate() {
                    values[channel * plane + at] = f32::from(*value) / 127.5 - 1.0;
                }
            }
        }
        Ok(input)
    }

    fn detection(
        &self,
        anchor_in_unit: Point2,
        regressor: &[f32; REGRESSOR_LEN],
        score: f32,
    ) -> FaceDetection {
        let point = |x: f32, y: f32| {
            let side = self.side as f32;
            Point2::new(
                (x + anchor_in_unit.x * side - self.left as f32) * self.scale,
                (y + anchor_in_unit.y * side - self.top as f32) * self.scale,
            )
        };
        let [x, y, width, height, right_eye_x, right_eye_y, left_eye_x, left_eye_y, ..] = *regressor;
        FaceDetection {
            face_in_image: Rect::around(point(x, y), width * self.scale, height * self.scale),
            score,
            right_eye: point(right_eye_x, right_eye_y),
            left_eye: point(left_eye_x, left_eye_y),
        }
    }
}

/// Shrinks (or enlarges) a frame with an anti-aliasing filter.
pub(crate) fn shrink(image: RgbView<'_>, width: u32, height: u32) -> Result<Vec<u8>, InferError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        InferError::caused_by(InferErrorKind::Run, "the frame could not be resized", error)
    };
    let packed: Zeroizing<Vec<u8>> =
        Zeroizing::new((0..image.height()).flat_map(|y| image.row(y).iter().copied()).collect());
    let source = fir::images::ImageRef::new(image.width(), image.height(), &packed, fir::PixelType::U8x3)
        .map_err(|error| failed(error.into()))?;
    let mut target = fir::images::Image::new(width, height, fir::PixelType::U8x3);
    let options =
        fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear));
    fir::Resizer::new().resize(&source, &mut target, &options).map_err(|error| failed(error.into()))?;
    Ok(target.into_vec())
}

/// Blends detections of one face, weighted by score, best first.
fn merge_overlapping(mut candidates: Vec<FaceDetection>) -> Vec<FaceDetection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = candidates.first().copied() {
        let (same, rest): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .partition(|other| other.face_in_image.iou(best.face_in_image) > SAME_FACE_IOU);
        faces.push(if same.is_empty() { best } else { blended(&same, best.score) });
        candidates = if same.is_empty() { rest.into_iter().skip(1).collect() } else { rest };
    }
    faces
}

fn blended(same: &[FaceDetection], score: f32) -> FaceDetection {
    let total: f32 = same.iter().map(|detection| detection.score).sum();
    let mean =
        |field: fn(&FaceDetection) -> f32| same.iter().map(|d| field(d) * d.score).sum::<f32>() / total;
    FaceDetection {
        face_in_image: Rect::new(
            mean(|d| d.face_in_image.x),
            mean(|d| d.face_in_image.y),
            mean(|d| d.face_in_image.width),
            mean(|d| d.face_in_image.height),
        ),
        score,
        right_eye: Point2::new(mean(|d| d.right_eye.x), mean(|d| d.right_eye.y)),
        left_eye: Point2::new(mean(|d| d.left_eye.x), mean(|d| d.left_eye.y)),
    }
}

pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(x: f32, score: f32) -> FaceDetection {
        let eye = Point2::new(x, 0.0);
        FaceDetection { face_in_image: Rect::new(x, 0.0, 10.0, 10.0), score, right_eye: eye, left_eye: eye }
    }

    #[test]
    fn overlapping_detections_become_one_and_far_ones_stay() {
        let faces = merge_overlapping(vec![detection(0.0, 0.6), detection(2.0, 0.9), detection(50.0, 0.7)]);
        assert_eq!(faces.iter().map(|face| face.score).collect::<Vec<_>>(), [0.9, 0.7]);
        assert!((faces[0].face_in_image.x - 1.2).abs() < 1e-4);
    }

    #[test]
    fn an_empty_box_does_not_loop() {
        let empty = FaceDetection { face_in_image: Rect::default(), ..detection(0.0, 0.9) };
        assert_eq!(merge_overlapping(vec![empty, empty]).len(), 2);
    }

    #[test]
    fn anchors_cover_the_square() {
        assert_eq!(anchors((16, 2)).chain(anchors((8, 6))).count(), 896);
        assert_eq!(anchors((48, 1)).count(), 2304);
    }
}
