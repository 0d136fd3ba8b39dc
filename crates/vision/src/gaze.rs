//! Where the eyes look, relative to the camera.
//!
//! A sphere model: the iris sits on an eyeball whose centre lies behind the middle of the two eye corners. With the
//! iris as a ruler (its diameter varies by less than 5 % between adults) the offset of the iris from the corners'
//! middle is a length in millimetres; the head's own turn moves that middle and is taken out.

use crate::{EyeState, Eyes, HeadPose};
use verilume_frame::Point2;

/// Horizontal visible iris diameter of adults, mm (Rüfer et al. 2005: 11.7 +- 0.4).
const IRIS_DIAMETER_MM: f32 = 11.7;
/// From the eye's centre of rotation to the iris plane, mm (schematic eye: rotation centre 13.5 mm behind the cornea's
/// apex, iris plane 3.1 mm behind it).
const ROTATION_CENTRE_TO_IRIS_MM: f32 = 10.4;
/// From the eye's centre of rotation forward to the plane of the eye corners, mm. Between the inner corner (in front)
/// and the outer (behind); origin: anthropometric mean, checked on the portraits among the test media.
const ROTATION_CENTRE_TO_CORNERS_MM: f32 = 6.0;
/// How far the pupil of an eye that looks straight ahead lies above the line through the eye corners, mm.
/// Origin: median over the test portraits, whose subjects look at the camera.
const PUPIL_ABOVE_CORNERS_MM: f32 = 1.8;

/// When an iris can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GazeConfig {
    /// Iris diameter over eye width outside this range means that the iris was not seen (glare, glasses, closed lids).
    /// Ratio. Origin: 11.7 mm over 27 to 31 mm is 0.38 to 0.43; turned heads and open lids widen it.
    pub iris_to_eye_width: (f32, f32),
    /// Eyes that differ by more than this do not both see the same point: one iris is wrong. Radians, 0.1..=1. Origin:
    /// vergence on a phone at 25 cm is 0.25.
    pub max_disagreement_rad: f32,
}

impl Default for GazeConfig {
    fn default() -> Self {
        Self { iris_to_eye_width: (0.26, 0.70), max_disagreement_rad: 0.45 }
    }
}

/// What a gaze direction was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GazeBasis {
    /// Both irises.
    BothIrises,
    /// The iris of one eye; the other was not visible.
    OneIris,
    /// The head's pose: the eyes are too small in the image.
    PoseEyesTooSmall,
    /// The head's pose: the eyes are shut.
    PoseEyesClosed,
    /// The head's pose: no iris could be seen (glare, dark glasses, hair).
    PoseIrisHidden,
    /// The head's pose: the two irises contradict each other.
    PoseIrisesDisagree,
}

impl GazeBasis {
    /// Whether an iris was seen.
    pub fn from_iris(self) -> bool {
        matches!(self, Self::BothIrises | Self::OneIris)
    }
}

/// Where the person looks, relative to the camera, radians; signs as in [`HeadPose`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaze {
    /// Positive towards the person's left.
    pub yaw_rad: f32,
    /// Positive upwards.
    pub pitch_rad: f32,
    /// What it was taken from.
    pub basis: GazeBasis,
}

impl Gaze {
    pub(crate) fn estimate(eyes: &Eyes, pose: HeadPose, config: &GazeConfig) -> Self {
        let from_pose = |basis| Self { yaw_rad: pose.yaw_rad, pitch_rad: pose.pitch_rad, basis };
        match eyes.closed() {
            None => return from_pose(GazeBasis::PoseEyesTooSmall),
            Some(true) => return from_pose(GazeBasis::PoseEyesClosed),
            Some(false) => {}
        }
        let right = eyes.right.as_ref().and_then(|eye| direction(eye, pose, config));
        let left = eyes.left.as_ref().and_then(|eye| direction(eye, pose, config));
        match (right, left) {
            (Some(a), Some(b)) if a.distance(b) > config.max_disagreement_rad => {
                from_pose(GazeBasis::PoseIrisesDisagree)
            }
            (Some(a), Some(b)) => Self::new(a.midpoint(b), GazeBasis::BothIrises),
            (Some(one), None) | (None, Some(one)) => Self::new(one, GazeBasis::OneIris),
            (None, None) => from_pose(GazeBasis::PoseIrisHidden),
        }
    }

    fn new(yaw_pitch: Point2, basis: GazeBasis) -> Self {
        Self { yaw_rad: yaw_pitch.x, pitch_rad: yaw_pitch.y, basis }
    }

    /// The angle between the line of sight and the camera, radians, 0..=pi.
    pub fn off_axis_rad(&self) -> f32 {
        (self.yaw_rad.cos() * self.pitch_rad.cos()).clamp(-1.0, 1.0).acos()
    }
}

/// Yaw (x) and pitch (y) of one eye; `None` if its iris was not seen.
fn direction(eye: &EyeState, pose: HeadPose, config: &GazeConfig) -> Option<Point2> {
    let (low, high) = config.iris_to_eye_width;
    let visible = !eye.closed && (low..=high).contains(&(eye.fit.iris_diameter_px / eye.width_px));
    if !visible {
        return None;
    }
    let mm_per_px = IRIS_DIAMETER_MM / eye.fit.iris_diameter_px;
    let middle = eye.fit.contour[0].midpoint(eye.fit.contour[8]);
    let (dx, dy) = (eye.fit.iris_centre.x - middle.x, eye.fit.iris_centre.y - middle.y);
    // Into the head's own axes: take the roll out. Image x runs to the person's left, image y downwards.
    let (sin, cos) = pose.roll_rad.sin_cos();
    let leftwards_mm = (cos * dx + sin * dy) * mm_per_px;
    let upwards_mm = -(cos * dy - sin * dx) * mm_per_px - PUPIL_ABOVE_CORNERS_MM;
    let angle = |offset_mm: f32, head_rad: f32| {
        let sine = (offset_mm + ROTATION_CENTRE_TO_CORNERS_MM * head_rad.sin()) / ROTATION_CENTRE_TO_IRIS_MM;
        sine.clamp(-1.0, 1.0).asin()
    };
    Some(Point2::new(angle(leftwards_mm, pose.yaw_rad), angle(upwards_mm, pose.pitch_rad)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::IrisFit;

    /// An eye 30 px wide with a 12-px iris displaced from the middle of its corners.
    fn eye(dx: f32, dy: f32) -> EyeState {
        let mut contour = [Point2::default(); 16];
        contour[8] = Point2::new(30.0, 0.0);
        let fit = IrisFit { contour, iris_centre: Point2::new(15.0 + dx, dy), iris_diameter_px: 12.0 };
        EyeState { fit, openness: 0.3, width_px: 30.0, closed: false }
    }

    fn estimate(right: Option<EyeState>, left: Option<EyeState>, pose: HeadPose) -> Gaze {
        Gaze::estimate(&Eyes { right, left }, pose, &GazeConfig::default())
    }

    #[test]
    fn an_iris_to_the_right_of_the_image_looks_to_the_persons_left() {
        let gaze = estimate(Some(eye(4.0, -1.8)), Some(eye(4.0, -1.8)), HeadPose::default());
        assert_eq!(gaze.basis, GazeBasis::BothIrises);
        assert!((0.3..0.5).contains(&gaze.yaw_rad), "{gaze:?}");
        assert!(gaze.pitch_rad.abs() < 0.02, "{gaze:?}");
    }

    #[test]
    fn eyes_that_stay_on_the_camera_while_the_head_turns() {
        // Head turned by 0.3 rad; the irises turn back by the same angle.
        let pose = HeadPose { yaw_rad: 0.3, ..HeadPose::default() };
        let dx = -ROTATION_CENTRE_TO_CORNERS_MM * 0.3_f32.sin() / (IRIS_DIAMETER_MM / 12.0);
        let gaze = estimate(Some(eye(dx, -1.8)), Some(eye(dx, -1.8)), pose);
        assert!(gaze.yaw_rad.abs() < 0.02, "{gaze:?}");
    }

    #[test]
    fn without_an_iris_the_pose_stands_in_and_says_so() {
        let pose = HeadPose { yaw_rad: 0.2, ..HeadPose::default() };
        let shut = || Some(EyeState { closed: true, ..eye(0.0, 0.0) });
        let glare = || {
            let mut eye = eye(0.0, 0.0);
            eye.fit.iris_diameter_px = 25.0;
            Some(eye)
        };
        assert_eq!(estimate(None, None, pose).basis, GazeBasis::PoseEyesTooSmall);
        assert_eq!(estimate(shut(), shut(), pose).basis, GazeBasis::PoseEyesClosed);
        assert_eq!(estimate(glare(), glare(), pose).basis, GazeBasis::PoseIrisHidden);
        assert_eq!(
            estimate(Some(eye(-5.0, 0.0)), Some(eye(5.0, 0.0)), pose).basis,
            GazeBasis::PoseIrisesDisagree
        );
        assert_eq!(estimate(glare(), Some(eye(0.0, 0.0)), pose).basis, GazeBasis::OneIris);
        assert!((estimate(None, None, pose).yaw_rad - 0.2).abs() < 1e-6);
    }
}
