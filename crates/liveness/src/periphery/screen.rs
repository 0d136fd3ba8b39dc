//! C3: the lattice of a display in the picture of the face.
//!
//! A display's pixels, seen by a camera's, beat: the spectrum of the face has sharp peaks that skin does not have. The
//! spectra of several frames are averaged at the camera's own resolution (shrinking hides the lattice), each bin is held
//! against the median of its neighbourhood, and the highest ratio against what noise alone would give. The axes' eighths
//! are left out: there JPEG draws its own lattice. Applies to faces of at least 128 pixels. A display that is out of
//! focus, or fine against the camera's pixels, shows no lattice.

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

use verilume_frame::{Rect, RgbView, luma_from_rgb};
use zeroize::Zeroize as _;

use crate::Cue;
use crate::stats::median;

/// Name of the cue.
pub const SCREEN_LATTICE: &str = "screen_lattice";

/// Side of the patch, pixels.
const SIDE: usize = 128;
/// One frame in this many is looked at, and no more than this many.
const EVERY: usize = 5;
const MOST_FRAMES: usize = 8;
/// Spatial frequencies looked at, cycles a pixel.
const FREQUENCIES: (f32, f32) = (0.12, 0.48);
/// A bin is held against the median of those up to this far, without its own neighbours.
const NEIGHBOURHOOD: isize = 4;

/// The sum of the spectra seen so far.
pub(super) struct Spectrum {
    fft: Arc<dyn Fft<f32>>,
    power: Vec<f32>,
    seen: usize,
    summed: usize,
}

impl Default for Spectrum {
    fn default() -> Self {
        let fft = FftPlanner::new().plan_fft_forward(SIDE);
        Self { fft, power: vec![0.0; SIDE * SIDE], seen: 0, summed: 0 }
    }
}

impl Spectrum {
    /// Takes a frame.
    pub(super) fn push(&mut self, view: RgbView<'_>, face: Rect) {
        let due = self.seen.is_multiple_of(EVERY) && self.summed < MOST_FRAMES;
        self.seen += 1;
        let Some(patch) = patch(view, face).filter(|_| due) else { return };
        let mut values = windowed(patch);
        for row in values.chunks_exact_mut(SIDE) {
            self.fft.process(row);
        }
        let mut columns = transposed(&values);
        for column in columns.chunks_exact_mut(SIDE) {
            self.fft.process(column);
        }
        let total: f32 = columns.iter().map(Complex::norm_sqr).sum();
        if total > 0.0 {
            let share = |value: &Complex<f32>| value.norm_sqr() / total;
            self.power.iter_mut().zip(&columns).for_each(|(sum, value)| *sum += share(value));
            self.summed += 1;
        }
        values.iter_mut().chain(&mut columns).for_each(|value| (value.re, value.im) = (0.0, 0.0));
    }

    /// The highest peak over what noise would give, natural logarithm.
    fn peak(&self) -> Option<f64> {
        let half = (SIDE / 2).cast_signed();
        let mut highest = 0.0f64;
        let mut bins = 0u32;
        // A real picture's spectrum is symmetric: half of it is enough.
        for row in 0..half {
            for column in -half + 1..half {
                if is_looked_at(row, column) {
                    let around = median(&mut self.neighbourhood(row, column)).filter(|value| *value > 0.0);
                    highest = highest.max(around.map_or(0.0, |around| self.at(row, column) / around));
                    bins += 1;
                }
            }
        }
        (self.summed > 0 && bins > 0).then(|| (highest.max(1e-3) / self.highest_of_noise()).ln())
    }

    /// What the highest ratio would be for noise. Power of noise, averaged over frames, is gamma distributed; its quantiles
    /// by Wilson and Hilferty (PNAS 1931), at one in the five thousand bins.
    fn highest_of_noise(&self) -> f64 {
        const ONE_IN_5000: f64 = 3.54;
        let ninth = 1.0 / (9.0 * self.summed as f64);
        ((1.0 - ninth + ONE_IN_5000 * ninth.sqrt()) / (1.0 - ninth)).powi(3)
    }

    fn at(&self, row: isize, column: isize) -> f64 {
        let wrapped = |at: isize| at.rem_euclid(SIDE.cast_signed()).cast_unsigned();
        f64::from(self.power[wrapped(row) * SIDE + wrapped(column)])
    }

    fn neighbourhood(&self, row: isize, column: isize) -> Vec<f64> {
        let reach = || -NEIGHBOURHOOD..=NEIGHBOURHOOD;
        let near = reach().flat_map(|down| reach().map(move |across| (down, across)));
        near.filter(|(down, across)| down.abs() > 1 || across.abs() > 1)
            .map(|(down, across)| self.at(row + down, column + across))
            .collect()
    }
}

/// Whether a bin may hold a display's peak.
fn is_looked_at(row: isize, column: isize) -> bool {
    let frequency = ((row * row + column * column) as f32).sqrt() / SIDE as f32;
    let eighth = (SIDE / 8).cast_signed();
    let on_eighth = |at: isize| (at.rem_euclid(eighth)).min(eighth - at.rem_euclid(eighth)) <= 1;
    let drawn_by_jpeg = (row.abs() <= 2 && on_eighth(column)) || (column.abs() <= 2 && on_eighth(row));
    (FREQUENCIES.0..FREQUENCIES.1).contains(&frequency) && !drawn_by_jpeg
}

/// Less the logarithm of the highest peak.
pub(super) fn cue(spectrum: &Spectrum) -> Cue {
    let cue = Cue::of(
        SCREEN_LATTICE,
        "ln",
        "no lattice in the picture of the face",
        "a lattice in the picture of the face, as of a display",
    );
    Cue { value: spectrum.peak().map(|peak| -peak).ok_or_else(|| "the face is too small".to_owned()), ..cue }
}

/// The middle of the face; `None` if the face is too small or the patch not inside the frame.
fn patch(view: RgbView<'_>, face: Rect) -> Option<RgbView<'_>> {
    #[expect(clippy::cast_possible_truncation, reason = "128")]
    let side = SIDE as u32;
    if face.width < SIDE as f32 {
        return None;
    }
    let centre = face.centre();
    let half = SIDE as f32 / 2.0;
    if centre.x < half || centre.y < half {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; a float cast saturates"
    )]
    view.part((centre.x - half) as u32, (centre.y - half) as u32, side, side)
}

/// Luma less its mean, faded out towards the rim (Hann).
fn windowed(patch: RgbView<'_>) -> Vec<Complex<f32>> {
    let rows = (0..patch.height()).map(|y| patch.row(y));
    let mut luma: Vec<f32> =
        rows.flat_map(|row| row.chunks_exact(3).map(|rgb| luma_from_rgb([rgb[0], rgb[1], rgb[2]]))).collect();
    let mean = luma.iter().sum::<f32>() / luma.len() as f32;
    let hann = |at: usize| 0.5 - 0.5 * (std::f32::consts::TAU * (at as f32 + 0.5) / SIDE as f32).cos();
    let values = luma
        .iter()
        .enumerate()
        .map(|(at, value)| Complex::new((value - mean) * hann(at % SIDE) * hann(at / SIDE), 0.0))
        .collect();
    luma.zeroize();
    values
}

fn transposed(values: &[Complex<f32>]) -> Vec<Complex<f32>> {
    (0..SIDE * SIDE).map(|at| values[at % SIDE * SIDE + at / SIDE]).collect()
}
