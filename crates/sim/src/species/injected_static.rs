//! A photo or video fed in place of the camera: nothing in it reacts, not even a reflection.

use verilume_frame::RgbImage;

use crate::heads::Heads;
use crate::scenario::Scenario;
use crate::scene::HeadTruth;
use crate::source::Feed;
use crate::timeline::ScreenTimeline;

use super::display::Content;

struct Injected(Content);

pub(super) fn feed(heads: &Heads, scenario: &Scenario, seed: u64) -> Box<dyn Feed> {
    Box::new(Injected(Content::quiet(heads, scenario, seed)))
}

impl Feed for Injected {
    fn frame(&mut self, at_secs: f64, _shown: &ScreenTimeline) -> Option<RgbImage> {
        match &mut self.0 {
            Content::Photo(photo) => Some(photo.image.clone()),
            Content::Video(video) => video.frame(at_secs),
        }
    }

    fn head(&self) -> Option<HeadTruth> {
        match &self.0 {
            Content::Photo(photo) => photo.head,
            Content::Video(video) => video.head(),
        }
    }
}
