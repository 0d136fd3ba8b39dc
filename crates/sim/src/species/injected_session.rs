//! The recording of a genuine session fed in place of the camera: light on a real shape, of another challenge.

use verilume_frame::RgbImage;

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::HeadTruth;
use crate::source::Feed;
use crate::timeline::ScreenTimeline;

use super::content::Video;

struct Injected(Video);

pub(super) fn feed(heads: &Heads, scenario: &Scenario, seed: u64) -> Box<dyn Feed> {
    Box::new(Injected(Video::of_session(heads, scenario, seed)))
}

impl Feed for Injected {
    fn frame(&mut self, at_secs: f64, _shown: &ScreenTimeline) -> Option<RgbImage> {
        self.0.frame(at_secs)
    }

    fn head(&self) -> Option<HeadTruth> {
        self.0.head()
    }
}
