//! One plane seen twice: homographies between two frames, and what they leave over.
//!
//! Estimated as in Hartley and Zisserman, *Multiple View Geometry*, 2nd ed.: normalised direct linear transform (4.1,
//! 4.4) on the largest set of points that agree (RANSAC, 4.7). The samples come from a fixed sequence, so the same
//! points give the same plane everywhere.

use nalgebra::{Matrix3, SMatrix, SVector, SymmetricEigen, Vector3};
use verilume_frame::Point2;

/// A pair of places of one point: before and after.
pub(super) type Pair = (Point2, Point2);

/// A point further off than this, in pixels, does not belong to the plane. Origin: the study of real captures.
const AGREES_PX: f64 = 3.0;
/// Residuals count up to this many pixels: a lost point must not decide. Origin: as above.
const MOST_PX: f64 = 20.0;
/// Samples of four points. With half of the points on the plane, the chance to miss it is below one in a million.
const SAMPLES: usize = 220;
/// The least pairs to fit a plane to. Four would always fit.
pub(super) const LEAST_PAIRS: usize = 8;

/// A map of the plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Homography(Matrix3<f64>);

impl Homography {
    /// The map that most of the pairs agree on. `None` if they are too few or lie on a line.
    pub(super) fn fitted(pairs: &[Pair]) -> Option<Self> {
        if pairs.len() < LEAST_PAIRS {
            return None;
        }
        let mut samples = Samples::new();
        let agreeing = |map: &Self| pairs.iter().filter(|pair| map.distance(pair) < AGREES_PX).count();
        let tries = (0..SAMPLES).filter_map(|_| Self::through(&samples.four(pairs)));
        let best = tries.max_by_key(agreeing)?;
        let inliers: Vec<Pair> =
            pairs.iter().filter(|pair| best.distance(pair) < AGREES_PX).copied().collect();
        let refined = Self::through(&inliers);
        // A refit that loses points was bent by those at the edge of agreeing.
        Some(refined.filter(|refined| agreeing(refined) * 10 >= inliers.len() * 9).unwrap_or(best))
    }

    /// The least-squares map through all pairs, at least four.
    fn through(pairs: &[Pair]) -> Option<Self> {
        let from = Normalisation::of(pairs.iter().map(|(from, _)| *from))?;
        let to = Normalisation::of(pairs.iter().map(|(_, to)| *to))?;
        let mut normal = SMatrix::<f64, 9, 9>::zeros();
        for (a, b) in pairs {
            let (a, b) = (from.apply(*a), to.apply(*b));
            let rows = [
                [a.0, a.1, 1.0, 0.0, 0.0, 0.0, -b.0 * a.0, -b.0 * a.1, -b.0],
                [0.0, 0.0, 0.0, a.0, a.1, 1.0, -b.1 * a.0, -b.1 * a.1, -b.1],
            ];
            for row in rows {
                let row = SVector::<f64, 9>::from(row);
                normal += row * row.transpose();
            }
        }
        let eigen = SymmetricEigen::try_new(normal, 1e-12, 500)?;
        let least = eigen.eigenvalues.imin();
        let h = eigen.eigenvectors.column(least);
        let map = Matrix3::new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]);
        let map = to.matrix().try_inverse()? * map * from.matrix();
        map.iter().all(|value| value.is_finite()).then_some(Self(map))
    }

    /// How far the second place is from where the map takes the first, pixels; far if it takes it nowhere.
    fn distance(&self, (from, to): &Pair) -> f64 {
        let mapped = self.0 * Vector3::new(f64::from(from.x), f64::from(from.y), 1.0);
        let distance = (mapped.x / mapped.z - f64::from(to.x)).hypot(mapped.y / mapped.z - f64::from(to.y));
        if distance.is_finite() { distance } else { f64::INFINITY }
    }

    /// Root of the mean squared distance, each counted up to 20 pixels.
    pub(super) fn rms(&self, pairs: &[Pair]) -> f64 {
        let squares: f64 = pairs.iter().map(|pair| self.distance(pair).min(MOST_PX).powi(2)).sum();
        (squares / pairs.len().max(1) as f64).sqrt()
    }

    /// The distance of each pair.
    pub(super) fn distances(&self, pairs: &[Pair]) -> Vec<f64> {
        pairs.iter().map(|pair| self.distance(pair)).collect()
    }
}

/// What any rigid body leaves over that is seen twice from not too near, pixels: the root mean square distance from the
/// affine epipolar constraint (Hartley and Zisserman, 14.3). Noise, and faces that do not hold still.
pub(super) fn rigid_rms(pairs: &[Pair]) -> Option<f64> {
    if pairs.len() < LEAST_PAIRS {
        return None;
    }
    let rows: Vec<SVector<f64, 4>> =
        pairs.iter().map(|(a, b)| SVector::<f64, 4>::from([a.x, a.y, b.x, b.y].map(f64::from))).collect();
    let mean = rows.iter().sum::<SVector<f64, 4>>() / rows.len() as f64;
    let scatter = rows
        .iter()
        .fold(SMatrix::<f64, 4, 4>::zeros(), |sum, row| sum + (row - mean) * (row - mean).transpose());
    let least = SymmetricEigen::try_new(scatter, 1e-12, 500)?.eigenvalues.min().max(0.0);
    // The plane of four dimensions shares the noise of both frames; a homography's distance lies in the second alone.
    Some((2.0 * least / rows.len() as f64).sqrt())
}

/// Moves points to their centre and scales them to a mean distance of the root of two.
struct Normalisation {
    centre: (f64, f64),
    scale: f64,
}

impl Normalisation {
    fn of(points: impl Iterator<Item = Point2> + Clone) -> Option<Self> {
        let count = points.clone().count() as f64;
        let sum = points.clone().fold((0.0, 0.0), |sum, p| (sum.0 + f64::from(p.x), sum.1 + f64::from(p.y)));
        let centre = (sum.0 / count, sum.1 / count);
        let spread: f64 = points.map(|p| (f64::from(p.x) - centre.0).hypot(f64::from(p.y) - centre.1)).sum();
        let scale = count * std::f64::consts::SQRT_2 / spread;
        (count >= 4.0 && scale.is_finite()).then_some(Self { centre, scale })
    }

    fn apply(&self, point: Point2) -> (f64, f64) {
        let along = |value: f32, centre: f64| (f64::from(value) - centre) * self.scale;
        (along(point.x, self.centre.0), along(point.y, self.centre.1))
    }

    fn matrix(&self) -> Matrix3<f64> {
        let (s, (x, y)) = (self.scale, self.centre);
        Matrix3::new(s, 0.0, -s * x, 0.0, s, -s * y, 0.0, 0.0, 1.0)
    }
}

/// A fixed sequence of samples (SplitMix64 of Steele, Lea and Flood, OOPSLA 2014).
struct Samples(u64);

impl Samples {
    fn new() -> Self {
        Self(0x5eed)
    }

    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The remainder is below `count`, so it fits.
        usize::try_from((z ^ (z >> 31)) % count as u64).unwrap_or(0)
    }

    /// Four different pairs.
    fn four(&mut self, pairs: &[Pair]) -> [Pair; 4] {
        let mut taken = [usize::MAX; 4];
        for at in 0..4 {
            let mut index = self.below(pairs.len());
            while taken.contains(&index) {
                index = (index + 1) % pairs.len();
            }
            taken[at] = index;
        }
        taken.map(|index| pairs[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of points at depths around 1, seen from 12 further away, before and after they turn and step to the side.
    fn pairs(depth: impl Fn(f32, f32) -> f32, noise: f32) -> Vec<Pair> {
        let mut samples = Samples::new();
        let mut jitter = || (samples.below(2001) as f32 / 1000.0 - 1.0) * noise;
        let mut pairs = Vec::new();
        for row in 0..8u8 {
            for column in 0..10u8 {
                let (u, v) = (f32::from(column) / 9.0 - 0.5, f32::from(row) / 7.0 - 0.5);
                let z = depth(u, v);
                let at = |x: f32, z: f32| {
                    Point2::new(320.0 + 7800.0 * x / (z + 12.0), 240.0 + 7800.0 * v / (z + 12.0))
                };
                let (turned_x, turned_z) = (u * 0.995 + (z - 1.0) * 0.0998, z * 0.995 - u * 0.0998);
                let to = at(turned_x + 0.02, turned_z);
                pairs.push((at(u, z), Point2::new(to.x + jitter(), to.y + jitter())));
            }
        }
        pairs
    }

    #[test]
    fn a_plane_is_one_plane_and_a_body_is_not() {
        let plane = pairs(|u, v| 1.0 + 0.1 * u + 0.05 * v, 0.3);
        let flat = Homography::fitted(&plane).unwrap().rms(&plane);
        assert!(flat < 0.4, "{flat}");
        let head = pairs(|u, v| 1.0 + 0.4 * (u * u + v * v), 0.3);
        let round = Homography::fitted(&head).unwrap().rms(&head);
        assert!(round > 3.0 * flat, "{round} against {flat}");
        let left = rigid_rms(&head).unwrap();
        assert!(left < 0.5 * round, "{left} against {round}");
    }

    #[test]
    fn points_that_went_astray_do_not_bend_the_plane() {
        let mut plane = pairs(|_, _| 1.0, 0.2);
        for pair in plane.iter_mut().step_by(4) {
            pair.1.x += 40.0;
        }
        let fitted = Homography::fitted(&plane).unwrap();
        let near = fitted.distances(&plane).iter().filter(|distance| **distance < 1.0).count();
        assert_eq!(near, 60);
    }

    #[test]
    fn too_few_points_and_points_on_a_line_are_no_plane() {
        let plane = pairs(|_, _| 1.0, 0.0);
        assert!(Homography::fitted(&plane[..7]).is_none());
        let heap = vec![(Point2::new(3.0, 3.0), Point2::new(4.0, 4.0)); 20];
        assert!(Homography::fitted(&heap).is_none());
        let broken = vec![(Point2::new(f32::NAN, 3.0), Point2::new(4.0, 4.0)); 20];
        assert!(Homography::fitted(&broken).is_none());
    }
}
