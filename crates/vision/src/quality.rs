//! Image quality of a face: exposure, contrast, sharpness, backlight.

use verilume_frame::{FaceLandmarks, Point2, Rect, RgbView, luma_from_rgb, luminance, mesh};
use zeroize::Zeroizing;

use crate::SquareRoi;
use crate::eyes::roll_of_eye_line;
use crate::sample::sample_square;

/// Side of the upright face chip that quality is measured on, pixels. One size for every face, so that the figures
/// compare.
const CHIP_SIDE: u32 = 96;
/// Background is measured outside this many face sizes.
const BACKGROUND_FROM_FACES: f32 = 1.6;

/// Image quality of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceQuality {
    /// Mean BT.709 luma of the face, 0..=255.
    pub luma_mean: f32,
    /// Luma between the 5th and the 95th percentile, 0..=255.
    pub contrast: f32,
    /// Share of the face at or above luma 250, 0..=1.
    pub clipped_share: f32,
    /// Variance of the Laplacian on the chip of 96 pixels a side, squared luma steps. Below about 20: blurred, or too
    /// small in the frame to show detail.
    pub sharpness: f32,
    /// Mean luma of the background over that of the face, ratio; `None` if the face fills the frame. Above about 2 the
    /// face is backlit.
    pub backlight: Option<f32>,
    /// Distance between the centres of the eyes, pixels.
    pub inter_eye_px: f32,
}

impl FaceQuality {
    pub(crate) fn measure(image: RgbView<'_>, landmarks: &FaceLandmarks) -> Self {
        let face = landmarks.bounds();
        let side = CHIP_SIDE as usize;
        let roi = SquareRoi::new(face.centre(), face.width.max(face.height), roll_of_eye_line(landmarks));
        let mut luma = Zeroizing::new(vec![0.0_f32; side * side]);
        sample_square(image, &roi, CHIP_SIDE, |index, rgb| luma[index] = luminance(rgb));
        let luma_mean = mean(luma.iter().copied());
        let clipped = luma.iter().filter(|value| **value >= 250.0).count();
        let mut ranked = Zeroizing::new(luma.to_vec());
        let mut percentile = |percent: usize| {
            let rank = ranked.len() * percent / 100;
            *ranked.select_nth_unstable_by(rank, f32::total_cmp).1
        };
        Self {
            luma_mean,
            contrast: percentile(95) - percentile(5),
            clipped_share: clipped as f32 / luma.len() as f32,
            sharpness: laplacian_variance(&luma, side),
            backlight: background_luma(image, face).map(|background| background / luma_mean.max(1.0)),
            inter_eye_px: inter_eye_px(landmarks),
        }
    }
}

/// Distance between the centres of the eyes, pixels.
pub(crate) fn inter_eye_px(landmarks: &FaceLandmarks) -> f32 {
    let centre = |outer, inner| landmarks.at(outer).midpoint(landmarks.at(inner));
    let right: Point2 = centre(mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER);
    right.distance(centre(mesh::LEFT_EYE_OUTER, mesh::LEFT_EYE_INNER))
}

fn laplacian_variance(luma: &[f32], side: usize) -> f32 {
    let at = |x: usize, y: usize| luma[y * side + x];
    let laplacians: Vec<f32> = (1..side - 1)
        .flat_map(|y| (1..side - 1).map(move |x| (x, y)))
        .map(|(x, y)| at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y))
        .collect();
    let centre = mean(laplacians.iter().copied());
    mean(laplacians.iter().map(|value| (value - centre).powi(2)))
}

/// Mean luma of a coarse grid over the frame outside the face's surroundings; `None` if hardly any of it is outside.
fn background_luma(image: RgbView<'_>, face: Rect) -> Option<f32> {
    const GRID: u32 = 32;
    const MIN_POINTS: usize = 32;
    let keep_out = face.scaled(BACKGROUND_FROM_FACES);
    let points: Vec<f32> = (0..GRID * GRID)
        .map(|k| {
            (
                (2 * (k % GRID) + 1) * image.width() / (2 * GRID),
                (2 * (k / GRID) + 1) * image.height() / (2 * GRID),
            )
        })
        .filter(|(x, y)| {
            let (x, y) = (*x as f32, *y as f32);
            let across = (keep_out.x..keep_out.right()).contains(&x);
            // What lies below the face is the person's own body.
            !(across && y >= keep_out.y)
        })
        .map(|(x, y)| luma_from_rgb(image.pixel(x, y)))
        .collect();
    (points.len() >= MIN_POINTS).then(|| mean(points.into_iter()))
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len().max(1) as f32;
    values.sum::<f32>() / count
}
