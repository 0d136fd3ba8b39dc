//! C3: bands that roll through the face and not through the room.
//!
//! A camera exposes its rows one after another. A display that is refreshed, or dimmed by pulses, is then seen with bright
//! bands that move by the same distance from frame to frame; so is a room under a lamp on alternating current, but there
//! the bands are in everything. The mean of each row of the face, and of the far periphery, is followed through a window;
//! what belongs to one row or to one frame is taken away, and the strongest wave that is left is held against the mean one.
//! The value is the logarithm of the far periphery's ratio over the face's. Applies where an outside is established, from
//! sixteen frames on. A head that nods moves rows as well, slower and broader than bands, and is left out; a display whose
//! pulses keep step with the camera shows no bands.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use verilume_vision::flow::GreyImage;
use zeroize::Zeroize as _;

use super::photometric::outside;
use super::regions::{Region, Regions};
use super::window::Measured;
use super::{LOG_RATIO, over_windows};
use crate::Cue;

/// Name of the cue.
pub const BANDING: &str = "banding";

/// Rows of a profile, over the height of the face.
const ROWS: usize = 32;
/// Frames that a wave is looked for in.
const FRAMES: usize = 16;
/// A band passes at least this often over the face and, in sixteen frames, past a row. Origin: reasoning; nods and
/// blinks are slower, features of a face broader.
const LEAST_WAVES: usize = 2;
const LEAST_PASSES: usize = 3;
/// Pixels of a row of a region for its mean to mean something.
const LEAST_PIXELS: u32 = 4;

/// The rows of the face and of the far periphery, frame by frame. Wiped when dropped.
#[derive(Default)]
pub(super) struct Bands {
    face: Vec<[f32; ROWS]>,
    far: Vec<[f32; ROWS]>,
}

impl Bands {
    pub(super) fn push(&mut self, image: &GreyImage, regions: &Regions) {
        if self.face.len() < FRAMES {
            self.face.push(profile(image, regions, Region::Face));
            self.far.push(profile(image, regions, Region::Far));
        }
    }

    /// ln of the far periphery's strongest wave over the face's; `None` for few frames or rows.
    pub(super) fn far_over_face(&self) -> Option<f64> {
        Some((strongest_wave(&self.far)? / strongest_wave(&self.face)?).ln())
    }
}

impl Drop for Bands {
    fn drop(&mut self) {
        self.face.iter_mut().chain(&mut self.far).for_each(|profile| profile.zeroize());
    }
}

/// The mean light of a region's rows over the height of the face; not a number where a row has too few pixels.
fn profile(image: &GreyImage, regions: &Regions, region: Region) -> [f32; ROWS] {
    let (centre, width) = (regions.centre(), regions.face_width());
    let top = centre.y - width / 2.0;
    std::array::from_fn(|row| {
        let y = top + (row as f32 + 0.5) * width / ROWS as f32;
        if !(y >= 0.0 && y < image.height() as f32) {
            return f32::NAN;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the image")]
        let pixels = image.row(y as usize).iter().enumerate();
        let inside = pixels.filter(|(x, _)| regions.at(*x as f32, y) == Some(region));
        let (count, sum) = inside.fold((0u32, 0.0), |(count, sum), (_, value)| (count + 1, sum + value));
        if count < LEAST_PIXELS { f32::NAN } else { sum / count as f32 }
    })
}

/// The power of the strongest wave over rows and frames, over the mean one.
fn strongest_wave(profiles: &[[f32; ROWS]]) -> Option<f64> {
    if profiles.len() < FRAMES || profiles.iter().flatten().any(|value| !value.is_finite()) {
        return None;
    }
    let mut planner = FftPlanner::new();
    let (along, across) = (planner.plan_fft_forward(ROWS), planner.plan_fft_forward(FRAMES));
    // What is steady in a row, and what brightens a whole frame, are the lowest frequencies: they are not looked at.
    let mut spectra: Vec<Vec<Complex<f32>>> = profiles
        .iter()
        .map(|profile| {
            let mut row: Vec<_> = profile.iter().map(|value| Complex::new(*value, 0.0)).collect();
            along.process(&mut row);
            row
        })
        .collect();
    let (mut strongest, mut sum, mut count) = (0.0f64, 0.0, 0u32);
    for wave in LEAST_WAVES..ROWS / 2 {
        let mut course: Vec<_> = spectra.iter().map(|row| row[wave]).collect();
        across.process(&mut course);
        for value in &course[LEAST_PASSES..=FRAMES - LEAST_PASSES] {
            let power = f64::from(value.norm_sqr());
            strongest = strongest.max(power);
            sum += power;
            count += 1;
        }
    }
    spectra.iter_mut().flatten().for_each(|value| (value.re, value.im) = (0.0, 0.0));
    // Where nothing changes there is no wave either.
    Some(if sum > 0.0 { strongest * f64::from(count) / sum } else { 1.0 })
}

/// Whether bands roll through the face alone.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        BANDING,
        LOG_RATIO,
        "no bands roll through the face that do not roll through the room",
        "bands roll through the face and not through the room, as on a display",
    );
    over_windows(cue, windows, |measured| {
        outside(measured)?;
        measured.far_over_face_bands.ok_or("too few frames, or rows of the room beside the face")
    })
}
