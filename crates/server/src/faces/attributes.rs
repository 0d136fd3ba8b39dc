//! What can be measured of a face in a still picture, as the Face API tells it. Nothing of this is about who a person is or
//! what they are like.
//!
//! No network answers these: they are measurements of the mesh and of pixels, with the bounds below. None was fitted to
//! labelled pictures.

use serde::Serialize;
use verilume_frame::{FaceLandmarks, Point2, RgbView, luminance, mesh};
use verilume_vision::sample::colour_at;
use verilume_vision::{FaceObservation, MouthCover};

/// A face of this sharpness is half blurred; squared luma steps on a chip of 96 pixels. Origin: where
/// [`verilume_vision::FaceQuality`] calls a face blurred.
const HALF_BLURRED_SHARPNESS: f32 = 20.0;
/// Cuts between low, medium and high. Origin: the contract's for exposure and noise; those of blur are set so that low
/// begins where a picture is sharp enough to be kept as a reference.
const BLUR_CUTS: [f32; 2] = [0.25, 0.75];
const NOISE_CUTS: [f32; 2] = [0.3, 0.7];
const EXPOSURE_CUTS: [f32; 2] = [0.25, 0.75];
/// From this share of the face without detail on it is over-exposed, whatever its mean. Origin: as for quality.
const CLIPPED_SHARE: f32 = 0.25;
/// Noise of this standard deviation counts as 1; luma steps of 255. Initial: twice what a phone shows indoors at night.
const FULL_NOISE: f32 = 15.0;
/// Points where there is skin and little structure: the cheeks, the forehead's middle, the chin's sides.
const PLAIN_SKIN: [usize; 6] = [50, 280, 101, 330, 151, 9];
/// Half the side of the patch around each, pixels.
const PATCH_HALF: i32 = 6;
/// Points across the forehead, below the hairline.
const FOREHEAD: [usize; 9] = [103, 67, 109, 10, 338, 297, 332, 151, 108];
/// Points of the nose, which a mask covers and a hand before the mouth need not.
const NOSE: [usize; 5] = [1, 4, 5, 98, 327];
/// Points of the upper cheeks, beside the nose: bare above a mask.
const UPPER_CHEEKS: [usize; 4] = [117, 346, 118, 347];
/// A point differs from skin from here on: distance of (R, G)/(R+G+B). Origin: as for the mouth's cover.
const SKIN_DISTANCE: f32 = 0.06;
/// Or if it is darker than this share of the skin. Initial: hair is, a shadow on skin hardly ever.
const SKIN_DARKNESS: f32 = 0.45;

/// A measure of 0..=1 and its level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    /// 0..=1.
    pub(crate) value: f32,
    /// 0 to 2, by the cuts.
    pub(crate) level: usize,
}

impl Measure {
    fn of(value: f32, [low, high]: [f32; 2]) -> Self {
        let value = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        Self { value, level: usize::from(value >= low) + usize::from(value >= high) }
    }
}

/// What is in front of the nose and the mouth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MaskType {
    /// Nose and mouth are covered by what is not skin.
    FaceMask,
    /// The mouth is seen.
    NoMask,
    /// Something else is before the mouth.
    OtherMaskOrOcclusion,
    /// The mouth is too small in the picture.
    Uncertain,
}

/// What can be measured of a face.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attributes {
    /// Degrees: roll clockwise in the picture, yaw towards the person's left, pitch upwards.
    pub(crate) roll_yaw_pitch_deg: [f32; 3],
    pub(crate) blur: Measure,
    pub(crate) exposure: Measure,
    pub(crate) noise: Measure,
    pub(crate) forehead_occluded: bool,
    pub(crate) eye_occluded: bool,
    pub(crate) mouth_occluded: bool,
    pub(crate) mask: MaskType,
    pub(crate) nose_and_mouth_covered: bool,
}

impl Attributes {
    pub(super) fn of(image: RgbView<'_>, face: &FaceObservation) -> Self {
        let (pose, seen) = (face.pose, &face.quality);
        let mean = seen.luma_mean / 255.0;
        let exposure = if seen.clipped_share >= CLIPPED_SHARE { mean.max(EXPOSURE_CUTS[1]) } else { mean };
        let skin = Skin::of(image, &face.landmarks, &UPPER_CHEEKS);
        let nose_covered = skin.is_covered(image, &face.landmarks, &NOSE);
        let mouth_occluded = face.mouth.cover == MouthCover::Covered;
        let is_cloth = face.mouth.skin_distance > SKIN_DISTANCE;
        Self {
            roll_yaw_pitch_deg: [pose.roll_rad, pose.yaw_rad, pose.pitch_rad].map(f32::to_degrees),
            blur: Measure::of(1.0 / (1.0 + seen.sharpness / HALF_BLURRED_SHARPNESS), BLUR_CUTS),
            exposure: Measure::of(exposure, EXPOSURE_CUTS),
            noise: Measure::of(noise(image, &face.landmarks) / FULL_NOISE, NOISE_CUTS),
            forehead_occluded: skin.is_covered(image, &face.landmarks, &FOREHEAD),
            eye_occluded: face.eyes.right.is_none() || face.eyes.left.is_none(),
            mouth_occluded,
            mask: match face.mouth.cover {
                MouthCover::Covered if nose_covered && is_cloth => MaskType::FaceMask,
                MouthCover::Covered => MaskType::OtherMaskOrOcclusion,
                MouthCover::Visible => MaskType::NoMask,
                _ => MaskType::Uncertain,
            },
            nose_and_mouth_covered: mouth_occluded && nose_covered,
        }
    }
}

/// The colour of bare skin.
struct Skin {
    chroma: (f32, f32),
    luma: f32,
}

impl Skin {
    fn of(image: RgbView<'_>, landmarks: &FaceLandmarks, points: &[usize]) -> Self {
        let (mut red, mut green, mut luma) = (0.0, 0.0, 0.0);
        for point in points {
            let colour = colour_at(image, landmarks.at(*point));
            let (r, g) = chroma(colour);
            (red, green, luma) = (red + r, green + g, luma + luminance(colour));
        }
        let count = points.len().max(1) as f32;
        Self { chroma: (red / count, green / count), luma: luma / count }
    }

    /// Whether most of these points do not look like it.
    fn is_covered(&self, image: RgbView<'_>, landmarks: &FaceLandmarks, points: &[usize]) -> bool {
        let differs = |point: &&usize| {
            let colour = colour_at(image, landmarks.at(**point));
            let (red, green) = chroma(colour);
            (red - self.chroma.0).hypot(green - self.chroma.1) > SKIN_DISTANCE
                || luminance(colour) < SKIN_DARKNESS * self.luma
        };
        points.iter().filter(differs).count() * 2 > points.len()
    }
}

/// Red and green share of a colour.
fn chroma([red, green, blue]: [f32; 3]) -> (f32, f32) {
    let sum = (red + green + blue).max(1.0);
    (red / sum, green / sum)
}

/// The noise on plain skin: the standard deviation of luma, by Immerkær's mask, which passes over slopes and edges that are
/// straight (Computer Vision and Image Understanding 64, 1996). The median over patches.
fn noise(image: RgbView<'_>, landmarks: &FaceLandmarks) -> f32 {
    let mut patches: Vec<f32> =
        PLAIN_SKIN.iter().filter_map(|index| patch_noise(image, landmarks.at(*index))).collect();
    patches.sort_by(f32::total_cmp);
    patches.get(patches.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to the picture before")]
fn patch_noise(image: RgbView<'_>, centre: Point2) -> Option<f32> {
    let (x, y) = (centre.x as i32, centre.y as i32);
    let (width, height) = (image.width() as i32, image.height() as i32);
    let reach = PATCH_HALF + 1;
    if x < reach || y < reach || x + reach >= width || y + reach >= height {
        return None;
    }
    let luma = |x: i32, y: i32| luminance(image.pixel(x as u32, y as u32).map(f32::from));
    let mut sum = 0.0;
    let mut count = 0.0;
    for y in y - PATCH_HALF..=y + PATCH_HALF {
        for x in x - PATCH_HALF..=x + PATCH_HALF {
            let corners = luma(x - 1, y - 1) + luma(x + 1, y - 1) + luma(x - 1, y + 1) + luma(x + 1, y + 1);
            let sides = luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1);
            sum += (corners - 2.0 * sides + 4.0 * luma(x, y)).abs();
            count += 1.0;
        }
    }
    Some((std::f32::consts::PI / 2.0).sqrt() / 6.0 * sum / count)
}

/// The 27 points of the Face API, by name. Left and right are those of the picture, as that interface has them.
pub(crate) fn landmarks(face: &FaceObservation) -> [(&'static str, Point2); 27] {
    let mesh_at = |index: usize| face.landmarks.at(index);
    let middle = |a: usize, b: usize| mesh_at(a).midpoint(mesh_at(b));
    // The person's right eye is on the left of the picture.
    let pupil = |eye: &Option<verilume_vision::EyeState>, outer, inner| {
        eye.as_ref().map_or_else(|| middle(outer, inner), |eye| eye.fit.iris_centre)
    };
    [
        ("pupilLeft", pupil(&face.eyes.right, mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER)),
        ("pupilRight", pupil(&face.eyes.left, mesh::LEFT_EYE_OUTER, mesh::LEFT_EYE_INNER)),
        ("noseTip", mesh_at(mesh::NOSE_TIP)),
        ("mouthLeft", mesh_at(mesh::MOUTH_RIGHT)),
        ("mouthRight", mesh_at(mesh::MOUTH_LEFT)),
        ("eyebrowLeftOuter", middle(46, 70)),
        ("eyebrowLeftInner", middle(55, 107)),
        ("eyeLeftOuter", mesh_at(mesh::RIGHT_EYE_OUTER)),
        ("eyeLeftTop", mesh_at(159)),
        ("eyeLeftBottom", mesh_at(145)),
        ("eyeLeftInner", mesh_at(mesh::RIGHT_EYE_INNER)),
        ("eyebrowRightInner", middle(285, 336)),
        ("eyebrowRightOuter", middle(276, 300)),
        ("eyeRightInner", mesh_at(mesh::LEFT_EYE_INNER)),
        ("eyeRightTop", mesh_at(386)),
        ("eyeRightBottom", mesh_at(374)),
        ("eyeRightOuter", mesh_at(mesh::LEFT_EYE_OUTER)),
        ("noseRootLeft", mesh_at(193)),
        ("noseRootRight", mesh_at(417)),
        ("noseLeftAlarTop", mesh_at(198)),
        ("noseRightAlarTop", mesh_at(420)),
        ("noseLeftAlarOutTip", mesh_at(129)),
        ("noseRightAlarOutTip", mesh_at(358)),
        ("upperLipTop", mesh_at(mesh::UPPER_LIP_TOP)),
        ("upperLipBottom", mesh_at(mesh::UPPER_LIP_INNER)),
        ("underLipTop", mesh_at(mesh::LOWER_LIP_INNER)),
        ("underLipBottom", mesh_at(mesh::LOWER_LIP_BOTTOM)),
    ]
}
