//! How much of a head's relief the face shows as it moves: nose and mouth before cheeks, eyes and neck.
//!
//! However a sheet of paper is bent, it is smooth, and straight in one direction. Over a whole window its points move by
//! a smooth function of where they are, to the noise of following. A head's do not: its nose stands out. So the motion of
//! all points in all frames is laid on a smooth sheet **and** on one more map, the [relief of a head](RELIEF), and the
//! size of that part is what is looked at. One map that fits a hundred points in forty frames stands out of noise which
//! hides each of them.

use verilume_frame::Point2;

use super::sheet::last_term;
use super::tracks::Track;

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

/// Size of the relief in the motion of the face's points, root mean square, pixels. `None` if they are too few.
pub(super) fn relief(face: &[Track], centre: Point2, face_width: f32) -> Option<f64> {
    Some(last_term(face, centre, face_width, |_, across, down| terms(across, down))?.alone)
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

#[cfg(test)]
mod tests {
    use super::super::tracks::Track;
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

    fn of(tracks: &[Track]) -> Option<f64> {
        relief(tracks, CENTRE, WIDTH)
    }

    fn size(depth: impl Fn(f64, f64) -> f64) -> f64 {
        of(&tracks(depth)).unwrap()
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
        let size = of(&slipping).unwrap();
        assert!(size < 0.06, "{size}");
    }

    #[test]
    fn too_few_points_and_points_on_a_heap_show_nothing() {
        let some = tracks(|_, _| 1.0);
        assert!(of(&some[..17]).is_none());
        assert!(of(&vec![some[3].clone(); 40]).is_none());
        assert!(of(&[]).is_none());
        assert!(of(&vec![vec![Point2::new(f32::NAN, 1.0); 9]; 40]).is_none());
    }
}
