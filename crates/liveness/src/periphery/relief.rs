//! How much of a head's relief the face shows as it moves: nose and mouth before cheeks, eyes and neck.
//!
//! However a sheet of paper is bent, it is smooth, and straight in one direction. Over a whole window its points move by
//! a smooth function of where they are, to the noise of following. A head's do not: its nose stands out. So the motion of
//! all points in all frames is laid on a smooth sheet **and** on one more map, the [relief of a head](RELIEF), and the
//! size of that part is what is looked at. One map that fits a hundred points in forty frames stands out of noise which
//! hides each of them.

use nalgebra::{DMatrix, DVector};
use verilume_frame::Point2;

use crate::stats::{median, quantile};

/// Depth that a head shows beyond a smooth sheet, in units of its own: rows from 0.6 face widths above the middle of the
/// detector's box to 0.6 below, columns from 0.5 to the left to 0.5 to the right.
///
/// Origin: the strongest pattern in what a quadratic, bent sheet left over of the tracks of simulated people of seeds A,
/// made symmetric. Patterns learnt on either half of them were alike (correlation 0.96), and prints show none.
const RELIEF: [[f64; COLUMNS]; ROWS] = [
    [-0.11, -0.48, -0.30, 0.12, 0.33, 0.12, -0.30, -0.48, -0.11],
    [-0.49, -0.70, -0.32, 0.18, 0.48, 0.18, -0.32, -0.70, -0.49],
    [-0.42, -0.75, -0.62, 0.17, 0.57, 0.17, -0.62, -0.75, -0.42],
    [-0.71, -0.62, -0.33, 0.63, 0.83, 0.63, -0.33, -0.62, -0.71],
    [-0.40, -0.07, -0.12, 0.93, 1.18, 0.93, -0.12, -0.07, -0.40],
    [0.38, 0.84, 0.19, 0.00, -0.11, 0.00, 0.19, 0.84, 0.38],
    [0.71, 1.00, 0.35, -0.39, -0.66, -0.39, 0.35, 1.00, 0.71],
    [1.42, 1.14, 0.20, -0.85, -0.98, -0.85, 0.20, 1.14, 1.42],
    [1.88, 1.62, 1.11, -0.60, -0.99, -0.60, 1.11, 1.62, 1.88],
    [2.07, 2.14, 1.79, 0.83, 0.15, 0.83, 1.79, 2.14, 2.07],
    [0.35, 1.66, 1.65, 2.44, 2.77, 2.44, 1.65, 1.66, 0.35],
];
const ROWS: usize = 11;
const COLUMNS: usize = 9;
/// Half of what the map spans, face widths.
const HALF_SPAN: (f64, f64) = (0.5, 0.6);

/// The terms of a smooth sheet that is bent about one axis, and the relief.
const TERMS: usize = 9;
/// Rounds of weighing points down that fit badly.
const ROUNDS: usize = 4;
/// A point that is this many times as far off as the middle one counts a quarter. Origin: reasoning.
const FAR_OFF: f64 = 2.5;
/// No point is followed better than this, pixels. Origin: the test of the flow.
const LEAST_NOISE_PX: f64 = 0.05;

/// The places of one point in all frames of a window.
pub(super) type Track = Vec<Point2>;

/// Size of the relief in the motion of the face's points, root mean square, pixels. `None` if they are too few.
pub(super) fn relief(tracks: &[Track], centre: Point2, face_width: f32) -> Option<f64> {
    let frames = tracks.first()?.len();
    if tracks.len() < 2 * TERMS {
        return None;
    }
    let mut moved = DMatrix::zeros(tracks.len(), 2 * frames);
    let mut sheet = DMatrix::zeros(tracks.len(), TERMS);
    for (row, track) in tracks.iter().enumerate() {
        for (frame, (x, y)) in course(track).into_iter().enumerate() {
            moved[(row, 2 * frame)] = x;
            moved[(row, 2 * frame + 1)] = y;
        }
        let mean = mean_place(track);
        let across = (mean.0 - f64::from(centre.x)) / f64::from(face_width);
        let down = (mean.1 - f64::from(centre.y)) / f64::from(face_width);
        for (term, value) in terms(across, down).into_iter().enumerate() {
            sheet[(row, term)] = value;
        }
    }
    explained(&sheet, &moved)
}

/// Of how far the face moved, this share counts even if all around it moved along: a print that fills the frame.
/// Origin: seeds A, where 0 to 0.3 told people from prints equally well.
const OWN_MOTION: f64 = 0.15;

/// How far the face moved against what is around it (all but the furthest tenth), and a share of how far it moved: root
/// mean square over the frames, pixels.
pub(super) fn motion_against(face: &[Track], around: &[Track]) -> f64 {
    let courses: Vec<Vec<(f64, f64)>> = face.iter().map(course).collect();
    let frames = courses.first().map_or(0, Vec::len);
    let middle = |along: fn(&(f64, f64)) -> f64, frame: usize| {
        let mut places: Vec<f64> = courses.iter().map(|course| along(&course[frame])).collect();
        median(&mut places).unwrap_or(0.0)
    };
    let moved: Vec<(f64, f64)> =
        (0..frames).map(|frame| (middle(|at| at.0, frame), middle(|at| at.1, frame))).collect();
    let against = |track: &Track| {
        let apart: Vec<_> = course(track).iter().zip(&moved).map(|(a, b)| (a.0 - b.0, a.1 - b.1)).collect();
        root_mean_square(&apart)
    };
    let mut apart: Vec<f64> = around.iter().map(against).collect();
    let own = root_mean_square(&moved);
    quantile(&mut apart, 0.9).unwrap_or(own) + OWN_MOTION * own
}

/// Where a point was, frame by frame, from its mean place.
fn course(track: &Track) -> Vec<(f64, f64)> {
    let mean = mean_place(track);
    track.iter().map(|at| (f64::from(at.x) - mean.0, f64::from(at.y) - mean.1)).collect()
}

fn root_mean_square(course: &[(f64, f64)]) -> f64 {
    let squares: f64 = course.iter().map(|(x, y)| x * x + y * y).sum();
    (squares / course.len().max(1) as f64).sqrt()
}

/// The size of the last term's part in the motion, as root mean square over points and frames.
fn explained(sheet: &DMatrix<f64>, moved: &DMatrix<f64>) -> Option<f64> {
    let mut weights = DVector::from_element(sheet.nrows(), 1.0);
    let mut parts = None;
    for _ in 0..ROUNDS {
        let inverse = scatter(sheet, &weights).try_inverse()?;
        let found = &inverse * weighed(sheet, &weights).transpose() * moved;
        let left = moved - sheet * &found;
        let frames = moved.ncols() as f64 / 2.0;
        let off: Vec<f64> = left.row_iter().map(|row| (row.norm_squared() / frames).sqrt()).collect();
        let usual = median(&mut off.clone())?.max(LEAST_NOISE_PX);
        weights = DVector::from_iterator(
            off.len(),
            off.iter().map(|off| (1.0 + (off / (FAR_OFF * usual)).powi(2)).powi(-2)),
        );
        parts = Some((found.row(TERMS - 1).norm_squared() / frames).sqrt());
    }
    // What of the relief no sheet explains: the inverse of its place in the inverse of the scatter.
    let own = scatter(sheet, &weights).try_inverse()?[(TERMS - 1, TERMS - 1)];
    let size = parts? * (1.0 / (own * weights.sum())).sqrt();
    size.is_finite().then_some(size)
}

fn weighed(terms: &DMatrix<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(terms.nrows(), terms.ncols(), |row, term| weights[row] * terms[(row, term)])
}

fn scatter(terms: &DMatrix<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
    terms.transpose() * weighed(terms, weights)
}

/// A quadratic, more of it across an upright axis as of a sheet bent about it, and the relief.
fn terms(x: f64, y: f64) -> [f64; TERMS] {
    [1.0, x, y, x * x, x * y, y * y, x.powi(3), x.powi(4), relief_at(x, y)]
}

/// The map between its knots, linear; beyond its rim as at the rim.
fn relief_at(x: f64, y: f64) -> f64 {
    let knot = |at: f64, half: f64, count: usize| {
        let at = ((at / half + 1.0) / 2.0 * (count - 1) as f64).clamp(0.0, (count - 1) as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below the count of knots"
        )]
        let below = (at as usize).min(count - 2);
        (below, at - below as f64)
    };
    let (column, right) = knot(x, HALF_SPAN.0, COLUMNS);
    let (row, down) = knot(y, HALF_SPAN.1, ROWS);
    let between = |row: &[f64; COLUMNS]| row[column] * (1.0 - right) + row[column + 1] * right;
    between(&RELIEF[row]) * (1.0 - down) + between(&RELIEF[row + 1]) * down
}

fn mean_place(track: &Track) -> (f64, f64) {
    let sum = track.iter().fold((0.0, 0.0), |sum, at| (sum.0 + f64::from(at.x), sum.1 + f64::from(at.y)));
    (sum.0 / track.len() as f64, sum.1 / track.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTRE: Point2 = Point2 { x: 180.0, y: 200.0 };
    const WIDTH: f32 = 160.0;

    /// Tracks of a grid of points on a surface that is turned a little to and fro: what is nearer shifts further.
    fn tracks(depth: impl Fn(f64, f64) -> f64) -> Vec<Track> {
        let mut tracks = Vec::new();
        for at in 0..120u32 {
            let (x, y) = (f64::from(at % 10) / 10.0 - 0.45, f64::from(at / 10) / 11.0 - 0.5);
            let track = (0..30u32).map(|frame| {
                let noise = f64::from((at * 37 + frame * 101) % 29) / 29.0 - 0.5;
                let turned = (f64::from(frame) / 6.0).sin();
                let shift = turned * (4.0 + 6.0 * depth(x, y)) + 0.2 * noise;
                #[expect(clippy::cast_possible_truncation, reason = "pixels")]
                let place = |along: f64| along as f32;
                Point2::new(
                    CENTRE.x + WIDTH * place(x) + place(shift),
                    CENTRE.y + WIDTH * place(y) - place(shift / 3.0),
                )
            });
            tracks.push(track.collect());
        }
        tracks
    }

    fn size(depth: impl Fn(f64, f64) -> f64) -> f64 {
        relief(&tracks(depth), CENTRE, WIDTH).unwrap()
    }

    #[test]
    fn a_nose_stands_out_and_no_sheet_does_however_it_is_bent() {
        let nose = |x: f64, y: f64| 0.15 * (-(x / 0.15).powi(2) - ((y - 0.2) / 0.2).powi(2)).exp();
        let flat = size(|x, y| 0.3 * x - 0.1 * y);
        let bent = size(|x, _| (0.45 - x * x).sqrt());
        let head = size(|x, y| (0.45 - x * x).sqrt() + nose(x, y));
        assert!(flat < 0.03 && bent < 0.05, "{flat} and {bent}");
        assert!(head > 3.0 * bent.max(flat), "{head} against {bent} and {flat}");
    }

    #[test]
    fn points_that_slip_are_no_nose() {
        let mut slipping = tracks(|x, y| 0.3 * x + 0.1 * y);
        for track in slipping.iter_mut().step_by(9) {
            for (place, frame) in track.iter_mut().zip(0u8..) {
                place.y += f32::from(frame) / 3.0;
            }
        }
        let size = relief(&slipping, CENTRE, WIDTH).unwrap();
        assert!(size < 0.06, "{size}");
    }

    #[test]
    fn too_few_points_and_points_on_a_heap_show_nothing() {
        let some = tracks(|_, _| 1.0);
        assert!(relief(&some[..17], CENTRE, WIDTH).is_none());
        assert!(relief(&vec![some[3].clone(); 40], CENTRE, WIDTH).is_none());
        assert!(relief(&[], CENTRE, WIDTH).is_none());
        assert!(relief(&vec![vec![Point2::new(f32::NAN, 1.0); 9]; 40], CENTRE, WIDTH).is_none());
    }

    #[test]
    fn motion_counts_against_the_surroundings_not_with_them() {
        let course =
            |step: f32| (0..20u8).map(|at| Point2::new(f32::from(at) * step, 3.0)).collect::<Track>();
        let (face, room) = (vec![course(1.0); 5], vec![course(0.0); 10]);
        let before_a_room = motion_against(&face, &room);
        let with_it = motion_against(&face, &vec![course(1.0); 10]);
        assert!(
            before_a_room > 5.0 && with_it < 0.2 * before_a_room && with_it > 0.0,
            "{before_a_room} {with_it}"
        );
    }
}
