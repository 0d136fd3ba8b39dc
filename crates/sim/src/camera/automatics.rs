//! Automatic exposure and white balance.

use verilume_frame::luminance;

use crate::render::LinearImage;
use crate::scenario::CameraParams;

/// Mean luminance that the exposure aims at, of the sensor's full range.
const TARGET_LUMA: f32 = 0.19;
/// How much of a grey-world cast the white balance takes out.
const WHITE_STRENGTH: f32 = 0.8;
/// Weight of the middle of the frame, where phones expect the face.
const MIDDLE_WEIGHT: f32 = 6.0;
/// Every so many pixels are metered.
const METER_STEP: usize = 6;

/// The gains of the camera's channels, adjusted from frame to frame.
#[derive(Debug, Clone)]
pub(crate) struct Automatics {
    exposure: f32,
    white: [f32; 3],
    exposure_step: f32,
    white_step: f32,
    is_started: bool,
}

impl Automatics {
    pub(crate) fn new(params: &CameraParams) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "frame times are short")]
        let frame_secs = (1.0 / params.frames_per_second) as f32;
        let step = |secs: f32| {
            if secs > 0.0 { 1.0 - (-frame_secs / secs).exp() } else { 0.0 }
        };
        Self {
            exposure: 1.0,
            white: [1.0; 3],
            exposure_step: step(params.auto_exposure_secs),
            white_step: step(params.auto_white_secs),
            is_started: false,
        }
    }

    /// Per channel, from radiance to a share of the sensor's full range.
    pub(crate) fn gains(&self) -> [f32; 3] {
        self.white.map(|white| white * self.exposure)
    }

    /// Meters a frame. The first settles at once: a camera has been running before a session begins. The gains of a
    /// frame come from the frames before it.
    pub(crate) fn meter(&mut self, image: &LinearImage) {
        let mean = weighted_mean(image);
        let white_target = white_for(mean);
        if !self.is_started {
            self.is_started = true;
            self.white = white_target;
            self.exposure = TARGET_LUMA / luma(mean, self.white);
            return;
        }
        let error = (TARGET_LUMA / (luma(mean, self.white) * self.exposure)).ln().clamp(-1.0, 1.0);
        self.exposure *= (error * self.exposure_step).exp();
        for (white, target) in self.white.iter_mut().zip(white_target) {
            *white *= (target / *white).powf(self.white_step);
        }
    }

    pub(crate) fn is_started(&self) -> bool {
        self.is_started
    }
}

fn white_for(mean: [f32; 3]) -> [f32; 3] {
    let grey = (mean[0] + mean[1] + mean[2]) / 3.0;
    mean.map(|channel| (grey / channel).powf(WHITE_STRENGTH))
}

fn luma(mean: [f32; 3], white: [f32; 3]) -> f32 {
    luminance(std::array::from_fn(|channel| mean[channel] * white[channel])).max(1e-9)
}

fn weighted_mean(image: &LinearImage) -> [f32; 3] {
    let (mut sum, mut weights) = ([0.0; 3], 0.0);
    for row in (0..image.height).step_by(METER_STEP) {
        for column in (0..image.width).step_by(METER_STEP) {
            let from_middle = |at: usize, size: usize| (at as f32 / size as f32 - 0.5).abs();
            let is_middle = from_middle(row, image.height) < 0.25 && from_middle(column, image.width) < 0.25;
            let weight = if is_middle { MIDDLE_WEIGHT } else { 1.0 };
            let pixel = (row * image.width + column) * 3;
            for (sum, value) in sum.iter_mut().zip(&image.rgb[pixel..pixel + 3]) {
                *sum += value * weight;
            }
            weights += weight;
        }
    }
    sum.map(|sum| (sum / weights).max(1e-6))
}
