//! C4: noise that comes again.
//!
//! The noise of a sensor is another one in every frame. A loop that was encoded again, or had something drawn over it, repeats
//! no frame bit by bit, but its noise comes again: two frames are then more alike in their finest detail than either is
//! like the other's neighbours. What moves smoothly, a scene that stands still and what a codec carries from frame to
//! frame are like the neighbours as well, and do not count. Does not apply to short captures, nor where compression left
//! no noise. Only told: an encoder that begins anew every second makes some frames alike, too.

use verilume_frame::{RgbView, luma_from_rgb};
use zeroize::Zeroizing;

use crate::Cue;

/// Name of the cue.
pub const NOISE_REPETITION: &str = "noise_repetition";

/// Fewer frames than this say nothing, and more add nothing but cost. Origin: reasoning, a second and a half of a stream, and
/// the loops of a few seconds that virtual cameras play.
const FRAMES: std::ops::RangeInclusive<usize> = 20..=150;
/// Places at which noise is looked at. Origin: reasoning: two frames without anything in common are then alike to 0.02.
const PLACES: usize = 3000;
/// Detail counts up to this much, steps of 8 bits: noise, and not the edges of what moves.
const MOST_DETAIL: f32 = 4.0;
/// Captures with less noise than this were smoothed, steps of 8 bits, root mean square.
const LEAST_NOISE: f32 = 0.1;
/// Frames that are this much more alike than their neighbours hold the same noise. Origin: 29 clips of four people, recorded by
/// several encoders: at most a quarter of a clip's frames are; of loops of them, encoded again at JPEG quality 60 to 90,
/// two fifths to all.
const MORE_ALIKE: f32 = 0.3;
/// What lies this many frames before and after is a frame's neighbour: next to it may be its double.
const NEIGHBOUR: usize = 2;

/// What each looked-at place of a frame has beyond its neighbours. Wiped when dropped: it comes from the pixels.
type Detail = Zeroizing<Vec<f32>>;

/// The detail of the frames seen so far. It serves to compare within one capture and is not kept.
#[derive(Default)]
pub(super) struct NoiseRepetition {
    size: (u32, u32),
    details: Vec<Detail>,
}

impl NoiseRepetition {
    pub(super) fn push(&mut self, view: RgbView<'_>) {
        let size = (view.width(), view.height());
        if self.details.is_empty() {
            self.size = size;
        }
        if self.details.len() < *FRAMES.end() && size == self.size {
            self.details.push(detail(view));
        }
    }

    /// The share of frames whose noise is that of another one.
    fn share(mut self) -> Result<f64, &'static str> {
        if self.details.len() < *FRAMES.start() {
            return Err("too few frames");
        }
        take_away_mean(&mut self.details);
        let noise = self.details.iter().map(|detail| dot(detail, detail)).sum::<f32>();
        let count = self.details.iter().map(|detail| detail.len()).sum::<usize>();
        if count == 0 || (noise / count as f32).sqrt() < LEAST_NOISE {
            return Err("the frames hold no noise");
        }
        self.details.iter_mut().for_each(|detail| normalise(detail));
        let again = (0..self.details.len()).filter(|at| self.comes_again(*at)).count();
        Ok(again as f64 / self.details.len() as f64)
    }

    /// Whether another frame is more like this one than that frame's neighbours are.
    fn comes_again(&self, at: usize) -> bool {
        let alike: Vec<f32> = self.details.iter().map(|other| dot(&self.details[at], other)).collect();
        (NEIGHBOUR..alike.len() - NEIGHBOUR).any(|other| {
            let neighbours = alike[other - NEIGHBOUR].max(alike[other + NEIGHBOUR]);
            other.abs_diff(at) > NEIGHBOUR && alike[other] - neighbours > MORE_ALIKE
        })
    }
}

/// Less the share of frames whose noise is that of another one.
pub(super) fn cue(noise: NoiseRepetition) -> Cue {
    let cue = Cue::of(
        NOISE_REPETITION,
        "1",
        "the noise of every frame is new",
        "the noise of frames comes again, as in a loop",
    );
    Cue { value: noise.share().map(|share| 0.0 - share).map_err(str::to_owned), ..cue }
}

/// What each place has beyond the mean of the four around it. Few places are looked at, so only theirs is turned to grey.
fn detail(view: RgbView<'_>) -> Detail {
    if view.width() < 3 || view.height() < 3 {
        return Detail::default();
    }
    let (across, down) = (view.width() as usize - 2, view.height() as usize - 2);
    let step = (across * down).div_ceil(PLACES);
    let at = |place: usize| (place % across + 1, place / across + 1);
    let places = (0..across * down).step_by(step).map(at);
    Zeroizing::new(places.map(|(x, y)| beyond_neighbours(view, x, y)).collect())
}

fn beyond_neighbours(view: RgbView<'_>, x: usize, y: usize) -> f32 {
    let luma = |x: usize, y: usize| {
        #[expect(clippy::cast_possible_truncation, reason = "below the view's height")]
        let rgb = &view.row(y as u32)[3 * x..];
        luma_from_rgb([rgb[0], rgb[1], rgb[2]])
    };
    let around = luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1);
    (luma(x, y) - around / 4.0).clamp(-MOST_DETAIL, MOST_DETAIL)
}

/// What is the same in all frames is the scene and the sensor's own pattern.
fn take_away_mean(details: &mut [Detail]) {
    let count = details.len() as f32;
    for place in 0..details.first().map_or(0, |detail| detail.len()) {
        let mean = details.iter().map(|detail| detail[place]).sum::<f32>() / count;
        details.iter_mut().for_each(|detail| detail[place] -= mean);
    }
}

fn normalise(detail: &mut [f32]) {
    let length = dot(detail, detail).sqrt();
    if length > 0.0 {
        detail.iter_mut().for_each(|value| *value /= length);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use verilume_frame::RgbImage;

    use super::*;

    /// A scene that moves, with the noise of `noise_of(frame)` and a little that is new in every frame, as encoding again
    /// leaves it.
    fn share(noise_of: impl Fn(u64) -> u64) -> Result<f64, &'static str> {
        let mut observer = NoiseRepetition::default();
        for frame in 0..40u64 {
            let moved = (frame as f32 / 5.0).sin();
            let pixel = |at: u64| {
                let (x, y) = ((at % 96) as f32, (at / 96) as f32);
                let scene = 120.0 + 30.0 * (x / 7.0 + moved).sin() + 20.0 * (y / 9.0).cos();
                let noise = 2.0 * random(noise_of(frame) * 7919 + at) + 0.5 * random(frame * 104_729 + at);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=255")]
                let value = (scene + noise).round() as u8;
                [value; 3]
            };
            let image = RgbImage::new(96, 72, (0..96 * 72).flat_map(pixel).collect()).unwrap();
            observer.push(image.view());
        }
        observer.share()
    }

    /// -1..1 and the same for the same seed.
    fn random(seed: u64) -> f32 {
        let mixed = (seed ^ 0x9e37_79b9).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed >> 40) as f32 / (1u64 << 23) as f32) - 1.0
    }

    #[test]
    fn a_loop_repeats_its_noise_and_a_camera_does_not() {
        assert!(share(|frame| frame).unwrap() < 0.05);
        assert!(share(|frame| frame % 13).unwrap() > 0.9);
        assert!(share(|frame| frame / 2 % 7).unwrap() > 0.8, "a loop of doubled frames");
        let to_and_fro = |frame: u64| if frame < 20 { frame } else { 39 - frame };
        assert!(share(to_and_fro).unwrap() > 0.8);
    }

    #[test]
    fn doubled_frames_and_what_a_codec_carries_on_are_no_loop() {
        assert!(share(|frame| frame / 2).unwrap() < 0.05, "every frame twice");
        assert!(share(|frame| frame / 10).unwrap() < 0.05, "new noise every ten frames");
    }

    #[test]
    fn short_and_smooth_captures_say_nothing() {
        let mut observer = NoiseRepetition::default();
        let image = RgbImage::filled(40, 30, [90; 3]).unwrap();
        observer.push(image.view());
        assert!(observer.share().is_err());
        let mut observer = NoiseRepetition::default();
        (0..30).for_each(|_| observer.push(image.view()));
        assert!(observer.share().is_err());
    }
}
