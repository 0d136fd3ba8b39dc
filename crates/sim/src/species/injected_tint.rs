//! A quiet video fed in place of the camera, the person in it multiplied by the colour that the page shows, without
//! delay.

use verilume_frame::{RgbImage, linear_from_srgb, srgb_from_linear};

use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::HeadTruth;
use crate::source::Feed;
use crate::timeline::ScreenTimeline;

use super::content::Video;

struct Tinted {
    video: Video,
    strength: f32,
}

pub(super) fn feed(heads: &Heads, scenario: &Scenario, seed: u64) -> Box<dyn Feed> {
    let strength = Rng::of(seed, "injected tint").between(0.1, 0.4);
    Box::new(Tinted { video: Video::quiet(heads, scenario, seed), strength })
}

impl Feed for Tinted {
    fn frame(&mut self, at_secs: f64, shown: &ScreenTimeline) -> Option<RgbImage> {
        let mut frame = self.video.frame(at_secs)?;
        let colour = self.video.seen_colour(at_secs, shown);
        // One table a channel: the multiplication in linear light, for every 8-bit value.
        let tables = colour.map(|share| {
            let gain = 1.0 + self.strength * (share - 0.5);
            std::array::from_fn::<u8, 256, _>(|value| {
                srgb_from_linear(linear_from_srgb(u8::try_from(value).unwrap_or(u8::MAX)) * gain)
            })
        });
        for (pixel, is_person) in frame.pixels_mut().chunks_exact_mut(3).zip(self.video.person()) {
            if is_person {
                for (value, table) in pixel.iter_mut().zip(&tables) {
                    *value = table[usize::from(*value)];
                }
            }
        }
        Some(frame)
    }

    fn head(&self) -> Option<HeadTruth> {
        self.video.head()
    }
}
