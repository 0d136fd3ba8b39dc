//! Eye openness and blinks.
//!
//! Openness is the aspect ratio of the lid contour: mean height over width (Soukupová and Čech 2016, on the contour of
//! the iris model instead of six mesh points, because the mesh does not follow closing lids).

use std::collections::VecDeque;
use std::time::Duration;

use verilume_frame::{FaceLandmarks, Point2, RgbView, Timestamp, mesh};

use crate::SquareRoi;
use crate::models::{IrisFit, ModelError, RefineEye};

/// Side of the eye's region in eye widths: what the iris model was trained with.
const EYE_ROI_WIDTHS: f32 = 2.3;

/// When an eye counts as measurable, open or closed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EyeConfig {
    /// Narrower eyes are not measured. Pixels, 2..=64. Origin: eye contours of the carphone test video (eyes 14 to 20
    /// px wide) are still usable; below 8 px a lid is less than one pixel high.
    pub min_width_px: f32,
    /// An eye less open than this is closed. Ratio, 0..=0.3. Origin: 240 eyes of still images: closed 0.02 to 0.07,
    /// lowered 0.10 to 0.11, open from 0.13.
    pub closed_below: f32,
}

impl Default for EyeConfig {
    fn default() -> Self {
        Self { min_width_px: 8.0, closed_below: 0.09 }
    }
}

/// One eye.
#[derive(Debug, Clone, PartialEq)]
pub struct EyeState {
    /// Lid contour and iris.
    pub fit: IrisFit,
    /// Mean height of the lid contour over its width, ratio: about 0.25 open, below 0.09 closed.
    pub openness: f32,
    /// Distance between the eye's corners, pixels.
    pub width_px: f32,
    /// Whether the lids are shut.
    pub closed: bool,
}

/// Both eyes; an eye that is too small or out of the frame is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Eyes {
    /// The person's right eye.
    pub right: Option<EyeState>,
    /// The person's left eye.
    pub left: Option<EyeState>,
}

impl Eyes {
    pub(crate) fn measure(
        iris: &dyn RefineEye,
        image: RgbView<'_>,
        landmarks: &FaceLandmarks,
        config: &EyeConfig,
    ) -> Result<Self, ModelError> {
        let (right, left) = eye_rois(landmarks);
        Ok(Self { right: measure(iris, image, right, config)?, left: measure(iris, image, left, config)? })
    }

    /// The same with the right eye refined anew.
    pub(crate) fn with_right(
        self,
        iris: &dyn RefineEye,
        image: RgbView<'_>,
        landmarks: &FaceLandmarks,
        config: &EyeConfig,
    ) -> Result<Self, ModelError> {
        Ok(Self { right: measure(iris, image, eye_rois(landmarks).0, config)?, ..self })
    }

    /// The same with the left eye refined anew.
    pub(crate) fn with_left(
        self,
        iris: &dyn RefineEye,
        image: RgbView<'_>,
        landmarks: &FaceLandmarks,
        config: &EyeConfig,
    ) -> Result<Self, ModelError> {
        Ok(Self { left: measure(iris, image, eye_rois(landmarks).1, config)?, ..self })
    }

    /// Mean openness of the eyes that were measured, ratio.
    pub fn openness(&self) -> Option<f32> {
        let open: Vec<f32> = self.both().map(|eye| eye.openness).collect();
        (!open.is_empty()).then(|| open.iter().sum::<f32>() / open.len() as f32)
    }

    /// Whether every measured eye is shut; `None` if none was measured.
    pub fn closed(&self) -> Option<bool> {
        self.both().map(|eye| eye.closed).reduce(|a, b| a && b)
    }

    /// The measured eyes.
    pub fn both(&self) -> impl Iterator<Item = &EyeState> {
        self.right.iter().chain(&self.left)
    }
}

fn eye_rois(landmarks: &FaceLandmarks) -> (SquareRoi, SquareRoi) {
    let roll_rad = roll_of_eye_line(landmarks);
    let roi = |outer, inner| {
        let (outer, inner) = (landmarks.at(outer), landmarks.at(inner));
        SquareRoi::new(outer.midpoint(inner), outer.distance(inner) * EYE_ROI_WIDTHS, roll_rad)
    };
    (
        roi(mesh::RIGHT_EYE_OUTER, mesh::RIGHT_EYE_INNER),
        roi(mesh::LEFT_EYE_OUTER, mesh::LEFT_EYE_INNER).mirrored(),
    )
}

/// Clockwise angle of the line through the outer eye corners, radians.
pub(crate) fn roll_of_eye_line(landmarks: &FaceLandmarks) -> f32 {
    let (right, left) = (landmarks.at(mesh::RIGHT_EYE_OUTER), landmarks.at(mesh::LEFT_EYE_OUTER));
    (left.y - right.y).atan2(left.x - right.x)
}

fn measure(
    iris: &dyn RefineEye,
    image: RgbView<'_>,
    roi: SquareRoi,
    config: &EyeConfig,
) -> Result<Option<EyeState>, ModelError> {
    let inside = image.bounds();
    let centre_in_frame =
        (0.0..inside.width).contains(&roi.centre.x) && (0.0..inside.height).contains(&roi.centre.y);
    if roi.side_px / EYE_ROI_WIDTHS < config.min_width_px || !centre_in_frame {
        return Ok(None);
    }
    let fit = iris.refine(image, roi)?;
    let width_px = fit.contour[0].distance(fit.contour[8]);
    let openness = openness(&fit.contour);
    Ok(openness.map(|openness| EyeState { fit, openness, width_px, closed: openness < config.closed_below }))
}

/// Mean height over width; `None` for a contour without width.
fn openness(contour: &[Point2; 16]) -> Option<f32> {
    let width = contour[0].distance(contour[8]);
    let height = (1..=7).map(|lower| contour[lower].distance(contour[lower + 8])).sum::<f32>() / 7.0;
    (width > 0.0).then(|| height / width)
}

/// What counts as a blink.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BlinkConfig {
    /// How far back the person's own open-eye level is taken from. Origin: three to four blinks' distance at the
    /// common rate of 15 to 20 a minute, short enough to follow a change of pose.
    pub baseline_window: Duration,
    /// A dip below this share of the open-eye level begins a blink. Ratio, 0.3..=0.9. Origin: the three blinks of the
    /// carphone test video dip to 0.28, 0.56 and 0.64 of it; its open eyes stay above 0.8.
    pub begin_below: f32,
    /// Rising above this share ends the blink. Ratio, above `begin_below`.
    pub end_above: f32,
    /// Longer dips are closed or lowered eyes, not blinks. Origin: human blinks last 0.1 to 0.4 s.
    pub max_duration: Duration,
}

impl Default for BlinkConfig {
    fn default() -> Self {
        Self {
            baseline_window: Duration::from_millis(1500),
            begin_below: 0.72,
            end_above: 0.80,
            max_duration: Duration::from_millis(600),
        }
    }
}

/// One blink.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blink {
    /// When the eyes were most closed.
    pub closest_at: Timestamp,
    /// Openness at that moment, ratio.
    pub openness: f32,
    /// From the first frame below the threshold to the first above it.
    pub duration: Duration,
}

/// Finds blinks in the openness of one face over time.
#[derive(Debug, Clone)]
pub struct BlinkDetector {
    config: BlinkConfig,
    recent: VecDeque<(Timestamp, f32)>,
    dip: Option<Dip>,
}

#[derive(Debug, Clone, Copy)]
struct Dip {
    began_at: Timestamp,
    closest_at: Timestamp,
    openness: f32,
    baseline: f32,
}

impl BlinkDetector {
    /// A detector that has seen nothing.
    pub fn new(config: BlinkConfig) -> Self {
        Self { config, recent: VecDeque::new(), dip: None }
    }

    /// Takes the openness of the next frame; returns the blink that ends with it.
    pub fn update(&mut self, openness: f32, captured_at: Timestamp) -> Option<Blink> {
        let baseline = self.dip.map_or_else(|| self.baseline(captured_at), |dip| Some(dip.baseline));
        self.recent.push_back((captured_at, openness));
        let baseline = baseline?;
        let Some(dip) = &mut self.dip else {
            if openness < baseline * self.config.begin_below {
                self.dip = Some(Dip { began_at: captured_at, closest_at: captured_at, openness, baseline });
            }
            return None;
        };
        if openness < dip.openness {
            (dip.closest_at, dip.openness) = (captured_at, openness);
        }
        let ended = openness > baseline * self.config.end_above;
        let duration = captured_at - dip.began_at;
        if !ended && duration <= self.config.max_duration {
            return None;
        }
        let blink = Blink { closest_at: dip.closest_at, openness: dip.openness, duration };
        self.dip = None;
        if !ended {
            // The eyes stay lowered: that is the new level, not a blink.
            self.recent.clear();
        }
        (ended && duration <= self.config.max_duration).then_some(blink)
    }

    /// The median openness of the window, once there are enough frames to know it.
    fn baseline(&mut self, now: Timestamp) -> Option<f32> {
        const MIN_FRAMES: usize = 5;
        while self.recent.front().is_some_and(|(at, _)| now - *at > self.config.baseline_window) {
            self.recent.pop_front();
        }
        let mut levels: Vec<f32> = self.recent.iter().map(|(_, openness)| *openness).collect();
        levels.sort_by(f32::total_cmp);
        (levels.len() >= MIN_FRAMES).then(|| levels[levels.len() / 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(levels: &[f32], expected_frames: &[u64]) {
        let mut detector = BlinkDetector::new(BlinkConfig::default());
        let found: Vec<u64> = levels
            .iter()
            .enumerate()
            .filter_map(|(frame, level)| detector.update(*level, Timestamp::from_millis(frame as u64 * 40)))
            .map(|blink| blink.closest_at.as_micros() / 40_000)
            .collect();
        assert_eq!(found, expected_frames);
    }

    #[test]
    fn a_short_dip_is_a_blink_and_a_long_one_is_not() {
        let mut levels = vec![0.25; 40];
        levels[20] = 0.15;
        levels[21] = 0.07;
        levels[22] = 0.16;
        check(&levels, &[21]);
        levels[20..40].fill(0.07);
        check(&levels, &[]);
    }

    #[test]
    fn nothing_is_found_before_the_open_level_is_known() {
        check(&[0.07, 0.25, 0.25, 0.25], &[]);
    }
}
