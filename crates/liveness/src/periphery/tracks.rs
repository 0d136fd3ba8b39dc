//! The places of points through a window, and how far they moved.

use verilume_frame::Point2;

use crate::stats::{median, quantile};

/// The places of one point in all frames of a window.
pub(super) type Track = Vec<Point2>;

/// Of how far the face moved, this share counts even if all around it moved along: a print that fills the frame.
/// Origin: seeds A, where 0 to 0.3 told people from prints equally well.
const OWN_MOTION: f64 = 0.15;

/// How far a face moved: root mean square over the frames, pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// From its mean place.
    pub(super) own: f64,
    /// Against what is around it (all but the furthest tenth), and a share of `own`.
    pub(super) against: f64,
}

impl Motion {
    pub(super) fn of(face: &[Track], around: &[Track]) -> Self {
        let courses: Vec<Vec<(f64, f64)>> = face.iter().map(course).collect();
        let frames = courses.first().map_or(0, Vec::len);
        let middle = |along: fn(&(f64, f64)) -> f64, frame: usize| {
            let mut places: Vec<f64> = courses.iter().map(|course| along(&course[frame])).collect();
            median(&mut places).unwrap_or(0.0)
        };
        let moved: Vec<(f64, f64)> =
            (0..frames).map(|frame| (middle(|at| at.0, frame), middle(|at| at.1, frame))).collect();
        let against = |track: &Track| {
            let apart: Vec<_> =
                course(track).iter().zip(&moved).map(|(a, b)| (a.0 - b.0, a.1 - b.1)).collect();
            root_mean_square(&apart)
        };
        let mut apart: Vec<f64> = around.iter().map(against).collect();
        let own = root_mean_square(&moved);
        Self { own, against: quantile(&mut apart, 0.9).unwrap_or(own) + OWN_MOTION * own }
    }
}

/// Where a point was, frame by frame, from its mean place.
pub(super) fn course(track: &Track) -> Vec<(f64, f64)> {
    let mean = mean_place(track);
    track.iter().map(|at| (f64::from(at.x) - mean.0, f64::from(at.y) - mean.1)).collect()
}

pub(super) fn mean_place(track: &Track) -> (f64, f64) {
    let sum = track.iter().fold((0.0, 0.0), |sum, at| (sum.0 + f64::from(at.x), sum.1 + f64::from(at.y)));
    (sum.0 / track.len() as f64, sum.1 / track.len() as f64)
}

fn root_mean_square(course: &[(f64, f64)]) -> f64 {
    let squares: f64 = course.iter().map(|(x, y)| x * x + y * y).sum();
    (squares / course.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motion_counts_against_the_surroundings_not_with_them() {
        let course =
            |step: f32| (0..20u8).map(|at| Point2::new(f32::from(at) * step, 3.0)).collect::<Track>();
        let (face, room) = (vec![course(1.0); 5], vec![course(0.0); 10]);
        let before_a_room = Motion::of(&face, &room);
        let with_it = Motion::of(&face, &vec![course(1.0); 10]);
        assert!(before_a_room.against > 5.0, "{before_a_room:?}");
        assert!(with_it.against < 0.2 * before_a_room.against && with_it.against > 0.0, "{with_it:?}");
        assert!((before_a_room.own - with_it.own).abs() < 1e-9 && with_it.own > 5.0, "{with_it:?}");
    }
}
