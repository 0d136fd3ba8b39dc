//! The motion of points laid on a smooth sheet and on one thing more.
//!
//! However a sheet of paper is moved and bent, it is smooth: over a whole window its points move by a smooth function of
//! where they are, to the noise of following. What does not, stands out. One term that fits a hundred points in forty
//! frames stands out of noise which hides each of them.

use nalgebra::{DMatrix, DVector};
use verilume_frame::Point2;

use super::tracks::{Track, course, mean_place};
use crate::stats::median;

/// Rounds of weighing points down that fit badly.
const ROUNDS: usize = 4;
/// A point that is this many times as far off as the middle one counts a quarter. Origin: reasoning.
const FAR_OFF: f64 = 2.5;
/// No point is followed better than this, pixels. Origin: the test of the flow.
const LEAST_NOISE_PX: f64 = 0.05;

/// The size of a term in the motion of points, root mean square over the frames, pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct TermSize {
    /// Of one unit of the term.
    pub(super) of_unit: f64,
    /// Of what of the term no other explains, as root mean square over the points.
    pub(super) alone: f64,
}

/// Fits the motion of tracks by terms of their places, across and down in face widths from the middle of the face. The
/// size of the last term; `None` for fewer tracks than twice the terms, or places that tell the terms not apart.
pub(super) fn last_term<const TERMS: usize>(
    tracks: &[Track],
    centre: Point2,
    face_width: f32,
    terms: impl Fn(usize, f64, f64) -> [f64; TERMS],
) -> Option<TermSize> {
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
        for (term, value) in terms(row, across, down).into_iter().enumerate() {
            sheet[(row, term)] = value;
        }
    }
    fitted(&sheet, &moved)
}

fn fitted(sheet: &DMatrix<f64>, moved: &DMatrix<f64>) -> Option<TermSize> {
    let last = sheet.ncols() - 1;
    let frames = moved.ncols() as f64 / 2.0;
    let mut weights = DVector::from_element(sheet.nrows(), 1.0);
    let mut of_unit = None;
    for _ in 0..ROUNDS {
        let inverse = scatter(sheet, &weights).try_inverse()?;
        let found = &inverse * weighed(sheet, &weights).transpose() * moved;
        let left = moved - sheet * &found;
        let off: Vec<f64> = left.row_iter().map(|row| (row.norm_squared() / frames).sqrt()).collect();
        let usual = median(&mut off.clone())?.max(LEAST_NOISE_PX);
        weights = DVector::from_iterator(
            off.len(),
            off.iter().map(|off| (1.0 + (off / (FAR_OFF * usual)).powi(2)).powi(-2)),
        );
        of_unit = Some((found.row(last).norm_squared() / frames).sqrt());
    }
    // What of the term no other explains: the inverse of its place in the inverse of the scatter.
    let own = scatter(sheet, &weights).try_inverse()?[(last, last)];
    let of_unit = of_unit?;
    let alone = of_unit * (1.0 / (own * weights.sum())).sqrt();
    (of_unit.is_finite() && alone.is_finite()).then_some(TermSize { of_unit, alone })
}

fn weighed(terms: &DMatrix<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(terms.nrows(), terms.ncols(), |row, term| weights[row] * terms[(row, term)])
}

fn scatter(terms: &DMatrix<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
    terms.transpose() * weighed(terms, weights)
}
