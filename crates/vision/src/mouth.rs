//! Whether the mouth can be seen, or a hand, a mask or a scarf is in front of it.
//!
//! The mesh draws a mouth whether there is one or not, so it cannot tell. Two measurements on the pixels can: lips are
//! redder than the skin around them, and between them runs a dark line. A cover that is not skin also differs in
//! colour from the cheeks. No network is involved; a cover that looks like a mouth (a printed one) is not found here.

use verilume_frame::{FaceLandmarks, Point2, RgbView, luminance, mesh};

use crate::sample::colour_at;

/// Points of the cheeks, the nose and the forehead: what stays bare above a mask.
const BARE_SKIN: [usize; 8] = [50, 280, 117, 346, 6, 197, 151, 9];
/// Lips lie between the mouth's centre and their outer edge; skin beyond it. Multiples of the edge's distance.
const LIPS_AT: [f32; 2] = [0.65, 0.85];
const AROUND_LIPS_AT: [f32; 2] = [1.35, 1.6];

/// When a mouth counts as covered.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MouthConfig {
    /// Smaller mouths are not judged. Pixels between the mouth's corners, 8..=64.
    pub min_width_px: f32,
    /// Lips this much redder than the skin around them are lips. Difference of (R-G)/(R+G+B), 0..=0.2. Origin: the
    /// portraits and the carphone video among the test media, bare and with patches laid over the mouth
    /// (crates/eval/tests).
    pub min_lip_redness: f32,
    /// A line between the lips this much darker than they are is a mouth. Share of the lips' luma, 0..=1. Origin: as
    /// above.
    pub min_line_darkness: f32,
    /// Skin around the mouth that differs this much from the cheeks' is no skin. Distance of (R, G)/(R+G+B), 0..=0.5.
    /// Origin: as above.
    pub max_skin_distance: f32,
}

impl Default for MouthConfig {
    fn default() -> Self {
        Self { min_width_px: 10.0, min_lip_redness: 0.025, min_line_darkness: 0.14, max_skin_distance: 0.06 }
    }
}

/// What can be seen of the mouth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MouthCover {
    /// Lips or the line between them are visible.
    Visible,
    /// Something is in front of the mouth.
    Covered,
    /// The mouth is too small in the frame to tell.
    TooSmall,
}

/// The measurements behind [`MouthCover`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MouthVisibility {
    /// What follows from them.
    pub cover: MouthCover,
    /// How much redder the lips are than the skin around them; difference of (R-G)/(R+G+B).
    pub lip_redness: f32,
    /// How much darker the line between the lips is than the lips; share of their luma.
    pub line_darkness: f32,
    /// How far the skin around the mouth is from the cheeks' in colour; distance of (R, G)/(R+G+B).
    pub skin_distance: f32,
}

impl MouthVisibility {
    pub(crate) fn measure(image: RgbView<'_>, landmarks: &FaceLandmarks, config: &MouthConfig) -> Self {
        let lips = mean_chroma(image, lip_ring(landmarks, LIPS_AT));
        let around = mean_chroma(image, lip_ring(landmarks, AROUND_LIPS_AT));
        let bare = mean_chroma(image, BARE_SKIN.iter().map(|index| landmarks.at(*index)));
        let redness = |(r, g): (f32, f32)| r - g;
        let lip_redness = redness(lips) - redness(around);
        let line_darkness = line_darkness(image, landmarks);
        let skin_distance = (around.0 - bare.0).hypot(around.1 - bare.1);
        let width_px = landmarks.at(mesh::MOUTH_RIGHT).distance(landmarks.at(mesh::MOUTH_LEFT));
        let cover = if width_px < config.min_width_px {
            MouthCover::TooSmall
        } else if lip_redness >= config.min_lip_redness
            || (line_darkness >= config.min_line_darkness && skin_distance <= config.max_skin_distance)
        {
            MouthCover::Visible
        } else {
            MouthCover::Covered
        };
        Self { cover, lip_redness, line_darkness, skin_distance }
    }
}

/// Points on scaled copies of the lips' outer edge.
fn lip_ring(landmarks: &FaceLandmarks, scales: [f32; 2]) -> impl Iterator<Item = Point2> + '_ {
    let centre = landmarks.at(mesh::UPPER_LIP_INNER).midpoint(landmarks.at(mesh::LOWER_LIP_INNER));
    scales.into_iter().flat_map(move |scale| {
        mesh::LIPS_OUTER.iter().map(move |index| {
            let edge = landmarks.at(*index);
            Point2::new(centre.x + (edge.x - centre.x) * scale, centre.y + (edge.y - centre.y) * scale)
        })
    })
}

/// Mean red and green share of (R+G+B).
fn mean_chroma(image: RgbView<'_>, points: impl Iterator<Item = Point2>) -> (f32, f32) {
    let (mut red, mut green, mut count) = (0.0, 0.0, 0.0);
    for [r, g, b] in points.map(|point| colour_at(image, point)) {
        let sum = r + g + b;
        if sum > 0.0 {
            (red, green, count) = (red + r / sum, green + g / sum, count + 1.0);
        }
    }
    if count > 0.0 { (red / count, green / count) } else { (0.0, 0.0) }
}

/// Along several lines from the upper lip's edge to the lower lip's: how far the darkest point lies below the median.
fn line_darkness(image: RgbView<'_>, landmarks: &FaceLandmarks) -> f32 {
    /// Upper and lower edge of the lips at five places across the mouth.
    const COLUMNS: [(usize, usize); 5] = [(39, 181), (37, 84), (0, 17), (267, 314), (269, 405)];
    const STEPS: usize = 17;
    let total: f32 = COLUMNS
        .iter()
        .map(|(upper, lower)| {
            let (from, to) = (landmarks.at(*upper), landmarks.at(*lower));
            let mut luma: Vec<f32> = (0..STEPS)
                .map(|step| {
                    let t = step as f32 / (STEPS - 1) as f32;
                    let point = Point2::new(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t);
                    luminance(colour_at(image, point))
                })
                .collect();
            luma.sort_by(f32::total_cmp);
            let median = luma[STEPS / 2].max(1.0);
            (median - luma[0]) / median
        })
        .sum();
    total / COLUMNS.len() as f32
}
