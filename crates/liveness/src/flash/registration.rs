//! The face frame: where a point of the face is, whatever the camera and the head do in the plane.

use verilume_frame::{FaceLandmarks, Point2, mesh};

/// A rotation, scale and shift of the plane: `z -> a z + b` over complex numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similarity {
    a: (f64, f64),
    b: (f64, f64),
}

impl Similarity {
    /// The least-squares similarity that takes `from` to `to`, pairwise. `None` for fewer than two distinct points or
    /// numbers that are not finite.
    pub(super) fn fit(
        from: impl Iterator<Item = Point2> + Clone,
        to: impl Iterator<Item = Point2> + Clone,
    ) -> Option<Self> {
        let count = from.clone().zip(to.clone()).count() as f64;
        let (from_mean, to_mean) = (mean(from.clone(), count), mean(to.clone(), count));
        let (mut re, mut im, mut norm) = (0.0, 0.0, 0.0);
        for (p, q) in from.zip(to) {
            let (px, py) = (f64::from(p.x) - from_mean.0, f64::from(p.y) - from_mean.1);
            let (qx, qy) = (f64::from(q.x) - to_mean.0, f64::from(q.y) - to_mean.1);
            re += px * qx + py * qy;
            im += px * qy - py * qx;
            norm += px * px + py * py;
        }
        let a = (re / norm, im / norm);
        let b = (
            to_mean.0 - (a.0 * from_mean.0 - a.1 * from_mean.1),
            to_mean.1 - (a.0 * from_mean.1 + a.1 * from_mean.0),
        );
        let usable =
            norm > 0.0 && a.0.hypot(a.1) > 1e-6 && [a.0, a.1, b.0, b.1].iter().all(|v| v.is_finite());
        usable.then_some(Self { a, b })
    }

    pub(super) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (self.a.0 * x - self.a.1 * y + self.b.0, self.a.0 * y + self.a.1 * x + self.b.1)
    }

    pub(super) fn inverse(&self) -> Self {
        let norm = self.a.0 * self.a.0 + self.a.1 * self.a.1;
        let a = (self.a.0 / norm, -self.a.1 / norm);
        let b = (-(a.0 * self.b.0 - a.1 * self.b.1), -(a.0 * self.b.1 + a.1 * self.b.0));
        Self { a, b }
    }

    /// Length in the target of a unit length.
    pub(super) fn scale(&self) -> f64 {
        self.a.0.hypot(self.a.1)
    }

    /// The image of a unit step along x: rotation and scale.
    pub(super) fn step_x(&self) -> (f64, f64) {
        self.a
    }

    /// Everything moved `share` of the way from `self` to `other`.
    pub(super) fn toward(&self, other: &Self, share: f64) -> Self {
        let mix = |p: (f64, f64), q: (f64, f64)| (p.0 + (q.0 - p.0) * share, p.1 + (q.1 - p.1) * share);
        Self { a: mix(self.a, other.a), b: mix(self.b, other.b) }
    }
}

fn mean(points: impl Iterator<Item = Point2>, count: f64) -> (f64, f64) {
    let sum = points.fold((0.0, 0.0), |sum, p| (sum.0 + f64::from(p.x), sum.1 + f64::from(p.y)));
    (sum.0 / count, sum.1 / count)
}

/// Turns the image so that the eyes are level and the middle between them is the origin; one unit is one pixel of
/// that image. `None` if the eyes coincide.
pub(super) fn upright_from_image(face: &FaceLandmarks) -> Option<Similarity> {
    let right = face.at(mesh::RIGHT_EYE_OUTER).midpoint(face.at(mesh::RIGHT_EYE_INNER));
    let left = face.at(mesh::LEFT_EYE_OUTER).midpoint(face.at(mesh::LEFT_EYE_INNER));
    let half = right.distance(left) / 2.0;
    // The person's right eye is on the left of an image that is not mirrored; a mirrored one is taken as it is.
    let side = if right.x <= left.x { -half } else { half };
    let level = [Point2::new(side, 0.0), Point2::new(-side, 0.0)];
    Similarity::fit([right, left].into_iter(), level.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_similarity_is_found_again(angle in -3.0..3.0f64, scale in 0.2..5.0f64, x in -90.0..90.0f64, y in -90.0..90.0f64) {
            let truth = Similarity { a: (scale * angle.cos(), scale * angle.sin()), b: (x, y) };
            let points = [(0.0, 0.0), (10.0, 3.0), (-4.0, 8.0)].map(|(x, y)| Point2::new(x, y));
            let moved = points.map(|p| {
                let (x, y) = truth.apply(f64::from(p.x), f64::from(p.y));
                #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
                Point2::new(x as f32, y as f32)
            });
            let found = Similarity::fit(points.into_iter(), moved.into_iter()).unwrap();
            prop_assert!((found.scale() - scale).abs() < 1e-3);
            let back = found.inverse().apply(f64::from(moved[1].x), f64::from(moved[1].y));
            prop_assert!((back.0 - 10.0).abs() < 1e-2 && (back.1 - 3.0).abs() < 1e-2);
        }
    }

    #[test]
    fn points_in_one_place_have_no_similarity() {
        let same = [Point2::new(1.0, 1.0); 3];
        assert_eq!(Similarity::fit(same.into_iter(), same.into_iter()), None);
        let nan = [Point2::new(f32::NAN, 1.0), Point2::new(1.0, 1.0)];
        assert_eq!(Similarity::fit(nan.into_iter(), nan.into_iter()), None);
    }
}
