//! The upright square that an embedding network looks at, cut where its training cut it.
//!
//! Points of the mesh stand in for those of the landmark model that a network was trained with; a similarity (turn,
//! scale, shift; never a reflection) brings them as near as possible to the places that the network's template names.
//!
//! How near this is to dlib's own: template, fit and mapping are those of `get_face_chip_details` and
//! `extract_image_chip` (fit by least squares; the outermost pixels lie on the rectangle's edge, hence
//! [`Template::stretch`]). Two things differ. The five points come from the mesh instead of dlib's shape predictor.
//! And a face larger than the chip is averaged over up to 4 x 4 samples a pixel, where dlib samples a pyramid of
//! halved pictures.

use serde::{Deserialize, Serialize};
use verilume_frame::{FaceLandmarks, Point2, mesh};
use verilume_vision::SquareRoi;

/// Bottom of the nose, where it meets the upper lip: what dlib's fifth point marks.
const NOSE_BASE: usize = 2;

/// Where a network expects which point of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Template {
    /// dlib's five points (eye corners, base of the nose), as its face recognition network is fed: padding 0.25.
    Dlib,
    /// The five points of ArcFace (eye centres, tip of the nose, mouth corners), for a square of 112 pixels.
    Arcface,
}

/// dlib's template before padding: left eye outer and inner corner, right eye outer and inner corner, base of the nose;
/// left and right are the person's own. From `get_face_chip_details`.
const DLIB_POINTS: [Point2; 5] = [
    Point2::new(0.859_567_46, 0.213_498_15),
    Point2::new(0.646_060_5, 0.228_967_44),
    Point2::new(0.120_575_06, 0.213_727_45),
    Point2::new(0.334_085_06, 0.229_064_24),
    Point2::new(0.490_112_3, 0.627_797_5),
];
/// The padding that dlib's network was trained with, in template sizes on each side.
const DLIB_PADDING: f32 = 0.25;
/// Side of dlib's chip, pixels.
const DLIB_SIDE: f32 = 150.0;

/// ArcFace's template: right eye, left eye, tip of the nose, right and left corner of the mouth, in pixels of a square
/// of
/// [`ARCFACE_SIDE`] whose pixel centres are whole numbers. From the published alignment of InsightFace.
const ARCFACE_POINTS: [Point2; 5] = [
    Point2::new(38.2946, 51.6963),
    Point2::new(73.5318, 51.5014),
    Point2::new(56.0252, 71.7366),
    Point2::new(41.5493, 92.3655),
    Point2::new(70.7299, 92.2041),
];
const ARCFACE_SIDE: f32 = 112.0;

impl Template {
    /// The template's points in the unit square of the chip.
    fn points_in_unit(self) -> [Point2; 5] {
        match self {
            Self::Dlib => {
                let padded = |at: f32| (DLIB_PADDING + at) / (2.0 * DLIB_PADDING + 1.0);
                DLIB_POINTS.map(|point| Point2::new(padded(point.x), padded(point.y)))
            }
            Self::Arcface => {
                let unit = |at: f32| (at + 0.5) / ARCFACE_SIDE;
                ARCFACE_POINTS.map(|point| Point2::new(unit(point.x), unit(point.y)))
            }
        }
    }

    /// The same points of a face.
    fn points_of(self, landmarks: &FaceLandmarks) -> [Point2; 5] {
        let at = |index| landmarks.at(index);
        match self {
            Self::Dlib => [
                at(mesh::LEFT_EYE_OUTER),
                at(mesh::LEFT_EYE_INNER),
                at(mesh::RIGHT_EYE_OUTER),
                at(mesh::RIGHT_EYE_INNER),
                at(NOSE_BASE),
            ],
            Self::Arcface => [
                at(mesh::RIGHT_EYE_OUTER).midpoint(at(mesh::RIGHT_EYE_INNER)),
                at(mesh::LEFT_EYE_OUTER).midpoint(at(mesh::LEFT_EYE_INNER)),
                at(mesh::NOSE_TIP),
                at(mesh::MOUTH_RIGHT),
                at(mesh::MOUTH_LEFT),
            ],
        }
    }

    /// Side of the sampled square in sides of the fitted one.
    fn stretch(self) -> f32 {
        match self {
            Self::Dlib => DLIB_SIDE / (DLIB_SIDE - 1.0),
            Self::Arcface => 1.0,
        }
    }

    /// The square of the frame that becomes the chip; `None` where the points of the mesh fall together.
    pub fn chip_in_image(self, landmarks: &FaceLandmarks) -> Option<SquareRoi> {
        let fit = Similarity::fit(&self.points_in_unit(), &self.points_of(landmarks))?;
        let centre = fit.apply(Point2::new(0.5, 0.5));
        Some(SquareRoi::new(centre, fit.scale() * self.stretch(), fit.turn_rad()))
    }

    /// How far the points of the mesh lie from the template's after the fit, root mean square, in sides of the chip.
    pub fn residual(self, landmarks: &FaceLandmarks) -> Option<f32> {
        let (from, to) = (self.points_in_unit(), self.points_of(landmarks));
        let fit = Similarity::fit(&from, &to)?;
        let squares = from.iter().zip(&to).map(|(from, to)| fit.apply(*from).distance(*to).powi(2));
        Some((squares.sum::<f32>() / from.len() as f32).sqrt() / fit.scale())
    }
}

/// A turn, a scale and a shift: `x' = a x - b y + shift.x`, `y' = b x + a y + shift.y`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Similarity {
    a: f32,
    b: f32,
    shift: Point2,
}

impl Similarity {
    /// The similarity that brings `from` nearest to `to` by least squares (Umeyama 1991, without reflection, in the
    /// plane). `None` if the points of one side fall together or are not numbers.
    fn fit(from: &[Point2; 5], to: &[Point2; 5]) -> Option<Self> {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (from, to) in from.iter().zip(to) {
            let (x, y) = (from.x - from_mean.x, from.y - from_mean.y);
            let (u, v) = (to.x - to_mean.x, to.y - to_mean.y);
            along += x * u + y * v;
            across += x * v - y * u;
            spread += x * x + y * y;
        }
        let (a, b) = (along / spread, across / spread);
        let shift = Point2::new(
            to_mean.x - a * from_mean.x + b * from_mean.y,
            to_mean.y - b * from_mean.x - a * from_mean.y,
        );
        let fit = Self { a, b, shift };
        (fit.scale().is_normal() && shift.x.is_finite() && shift.y.is_finite()).then_some(fit)
    }

    fn apply(self, point: Point2) -> Point2 {
        Point2::new(
            self.a * point.x - self.b * point.y + self.shift.x,
            self.b * point.x + self.a * point.y + self.shift.y,
        )
    }

    fn scale(self) -> f32 {
        self.a.hypot(self.b)
    }

    fn turn_rad(self) -> f32 {
        self.b.atan2(self.a)
    }
}

fn mean(points: &[Point2; 5]) -> Point2 {
    let sum =
        points.iter().fold(Point2::default(), |sum, point| Point2::new(sum.x + point.x, sum.y + point.y));
    Point2::new(sum.x / points.len() as f32, sum.y / points.len() as f32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use verilume_frame::{MESH_POINT_COUNT, Point3};

    use super::*;

    /// A mesh whose points of a template lie where a similarity brings the template's.
    fn placed(template: Template, place: impl Fn(Point2) -> Point2) -> FaceLandmarks {
        let mut points = vec![Point3::default(); MESH_POINT_COUNT];
        let mut put = |index: usize, at: Point2| points[index] = Point3::new(at.x, at.y, 0.0);
        let unit = template.points_in_unit().map(place);
        match template {
            Template::Dlib => {
                [263, 362, 33, 133, NOSE_BASE].into_iter().zip(unit).for_each(|(i, at)| put(i, at))
            }
            Template::Arcface => {
                [33, 133].into_iter().for_each(|i| put(i, unit[0]));
                [263, 362].into_iter().for_each(|i| put(i, unit[1]));
                [mesh::NOSE_TIP, 61, 291].into_iter().zip(&unit[2..]).for_each(|(i, at)| put(i, *at));
            }
        }
        FaceLandmarks::new(points).unwrap()
    }

    proptest! {
        #[test]
        fn a_placed_template_is_found_again(x in -500.0..500.0f32, y in -500.0..500.0f32, side in 20.0..900.0f32,
                                            turn in -3.0..3.0f32, arcface: bool) {
            let template = if arcface { Template::Arcface } else { Template::Dlib };
            let roi = SquareRoi::new(Point2::new(x, y), side, turn);
            let landmarks = placed(template, |unit| roi.image_from_unit(unit));
            let found = template.chip_in_image(&landmarks).unwrap();
            prop_assert!(found.centre.distance(roi.centre) < 1e-3 * side);
            prop_assert!((found.side_px / template.stretch() - side).abs() < 1e-3 * side);
            prop_assert!((found.roll_rad - turn).abs() < 1e-3);
            prop_assert!(template.residual(&landmarks).unwrap() < 1e-3);
        }
    }

    #[test]
    fn dlibs_corners_lie_where_its_own_mapping_puts_them() {
        // A chip at scale 2: dlib's rectangle begins at 100 and is 300 wide, and its chip's first and last pixel
        // centres lie on the edges.
        let landmarks =
            placed(Template::Dlib, |unit| Point2::new(100.0 + 300.0 * unit.x, 40.0 + 300.0 * unit.y));
        let roi = Template::Dlib.chip_in_image(&landmarks).unwrap();
        let first = roi.image_from_unit(Point2::new(0.5 / 150.0, 0.5 / 150.0));
        let last = roi.image_from_unit(Point2::new(149.5 / 150.0, 149.5 / 150.0));
        assert!(first.distance(Point2::new(100.0, 40.0)) < 0.01, "{first:?}");
        assert!(last.distance(Point2::new(400.0, 340.0)) < 0.01, "{last:?}");
    }

    #[test]
    fn a_mesh_in_one_place_has_no_chip() {
        let landmarks = FaceLandmarks::new(vec![Point3::default(); MESH_POINT_COUNT]).unwrap();
        assert_eq!(Template::Dlib.chip_in_image(&landmarks), None);
        let landmarks = FaceLandmarks::new(vec![Point3::new(f32::NAN, 0.0, 0.0); MESH_POINT_COUNT]).unwrap();
        assert_eq!(Template::Arcface.chip_in_image(&landmarks), None);
    }
}
