//! Lens, sensor and tone curve.

use verilume_frame::{RgbImage, srgb_from_linear};

use crate::math::unit_to_u8;
use crate::render::LinearImage;
use crate::rng::Rng;
use crate::scenario::CameraParams;

use super::automatics::Automatics;

/// Steps of the sensor's range that the tone curve is tabulated at.
const CURVE_STEPS: usize = 8192;
/// Normal numbers that the noise is taken from; each row starts at a random one. Longer than any row.
const NOISE_POOL: usize = 1 << 15;
/// Variance of the shot noise at full range.
const SHOT_VARIANCE: f32 = 2.0e-4;
/// Variance of the read noise.
const READ_VARIANCE: f32 = 2.0e-6;

/// A camera in the middle of a session.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    automatics: Automatics,
    curve: Vec<u8>,
    pool: Vec<f32>,
    rng: Rng,
    shot_variance: f32,
    read_variance: f32,
    blur: f32,
}

impl Camera {
    /// `lux` of the whole scene: in dim light the sensor's gain, and with it the noise, is higher.
    pub(crate) fn new(params: &CameraParams, seed: u64, lux: f32) -> Self {
        let mut rng = Rng::of(seed, "sensor");
        let sensor_gain = (150.0 / lux.max(1.0)).powf(0.6).clamp(0.5, 5.0);
        let pool =
            if params.noise > 0.0 { (0..NOISE_POOL).map(|_| rng.normal(1.0)).collect() } else { Vec::new() };
        Self {
            automatics: Automatics::new(params),
            curve: tone_curve(params.tone_curve),
            pool,
            rng,
            shot_variance: SHOT_VARIANCE * params.noise * sensor_gain,
            read_variance: READ_VARIANCE * params.noise * sensor_gain * sensor_gain,
            blur: params.blur,
        }
    }

    /// Per channel, from radiance (nit) to a share of the sensor's full range, for the next frame.
    pub(crate) fn gains(&self) -> [f32; 3] {
        self.automatics.gains()
    }

    /// Takes one frame; `None` only for sizes that no frame can have.
    pub(crate) fn take(&mut self, image: &mut LinearImage) -> Option<RgbImage> {
        if !self.automatics.is_started() {
            self.automatics.meter(image);
        }
        let row_values = image.width * 3;
        let gains: Vec<f32> = self.gains().into_iter().cycle().take(row_values).collect();
        let silence = vec![0.0; if self.pool.is_empty() { row_values } else { 0 }];
        let mut lens = Lens::new(self.blur, row_values);
        let mut levels = vec![0; row_values];
        let mut pixels = Vec::with_capacity(image.rgb.len());
        // Row by row through lens and sensor, so that each is still in the cache for the next step.
        for row in 0..image.height {
            lens.soften(image, row);
            let values = &image.rgb[row * row_values..][..row_values];
            let noise = match self.pool.len().checked_sub(row_values) {
                Some(starts) => &self.pool[self.rng.below(starts + 1)..][..row_values],
                None => &silence,
            };
            expose_row(values, &gains, noise, [self.shot_variance, self.read_variance], &mut levels);
            pixels.extend(levels.iter().map(|&level| self.curve[usize::from(level) % CURVE_STEPS]));
        }
        self.automatics.meter(image);
        RgbImage::new(u32::try_from(image.width).ok()?, u32::try_from(image.height).ok()?, pixels).ok()
    }
}

/// The steps of the tone curve that a row's values come to.
fn expose_row(values: &[f32], gains: &[f32], noise: &[f32], [shot, read]: [f32; 2], levels: &mut [u16]) {
    // Adding 2^23 leaves the rounded number in the low bits: a conversion that the compiler can do eight at a time.
    const ROUNDER: f32 = 8_388_608.0;
    let count = levels.len();
    let (values, gains, noise) = (&values[..count], &gains[..count], &noise[..count]);
    for i in 0..count {
        let level = values[i] * gains[i];
        let level = level + noise[i] * (level * shot + read).sqrt();
        let step = level.clamp(0.0, 1.0) * (CURVE_STEPS - 1) as f32;
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
        let bits = (step + ROUNDER).to_bits() as u16;
        levels[i] = bits;
    }
}

/// sRGB, then an S-curve of a strength.
fn tone_curve(strength: f32) -> Vec<u8> {
    (0..CURVE_STEPS)
        .map(|step| {
            let light = step as f32 / (CURVE_STEPS - 1) as f32;
            if strength <= 0.0 {
                return srgb_from_linear(light);
            }
            let value =
                if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
            let bent = value * value * (3.0 - 2.0 * value);
            unit_to_u8(value + strength * (bent - value))
        })
        .collect()
}

/// A separable 3 x 3 blur, row by row in place; `strength` 1 takes half of each pixel from its neighbours on each axis.
/// Edges repeat.
struct Lens {
    strength: f32,
    /// The row before and the present one, as they were.
    above: Vec<f32>,
    here: Vec<f32>,
    /// The present row blurred downwards only, with its first and last pixel repeated.
    down: Vec<f32>,
}

impl Lens {
    fn new(strength: f32, row_values: usize) -> Self {
        let row = || vec![0.0; row_values];
        Self { strength, above: row(), here: row(), down: vec![0.0; row_values + 6] }
    }

    /// Blurs a row; rows must come in order, each once.
    fn soften(&mut self, image: &mut LinearImage, row: usize) {
        if self.strength <= 0.0 {
            return;
        }
        let count = self.here.len();
        let (side, middle) = (self.strength / 4.0, 1.0 - self.strength / 2.0);
        let (present, rest) = image.rgb[row * count..].split_at_mut(count);
        std::mem::swap(&mut self.above, &mut self.here);
        self.here.copy_from_slice(present);
        if row == 0 {
            self.above.copy_from_slice(present);
        }
        let (above, here) = (&self.above[..count], &self.here[..count]);
        let below = rest.get(..count).unwrap_or(here);
        let down = &mut self.down[3..count + 3];
        for i in 0..count {
            down[i] = middle * here[i] + side * (above[i] + below[i]);
        }
        self.down.copy_within(3..6, 0);
        self.down.copy_within(count..count + 3, count + 3);
        let (left, here, right) = (&self.down[..count], &self.down[3..count + 3], &self.down[6..count + 6]);
        for i in 0..count {
            present[i] = middle * here[i] + side * (left[i] + right[i]);
        }
    }
}
