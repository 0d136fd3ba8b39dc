//! Where frames come from: a camera in front of a scene, or something fed in its place.

use verilume_frame::RgbImage;

use crate::scene::{HeadTruth, Scene};
use crate::timeline::ScreenTimeline;

/// Frames fed in place of a camera's.
pub(crate) trait Feed {
    /// The frame of a moment; `None` only for impossible sizes.
    fn frame(&mut self, at_secs: f64, shown: &ScreenTimeline) -> Option<RgbImage>;

    /// The head that the frame shows.
    fn head(&self) -> Option<HeadTruth>;
}

/// Where frames come from.
pub(crate) enum Source {
    /// A camera.
    Scene(Box<Scene>),
    /// Something else.
    Feed(Box<dyn Feed>),
}

impl Source {
    pub(crate) fn frame(&mut self, at_secs: f64, shown: &ScreenTimeline) -> Option<RgbImage> {
        match self {
            Self::Scene(scene) => scene.frame(at_secs, shown),
            Self::Feed(feed) => feed.frame(at_secs, shown),
        }
    }

    pub(crate) fn head(&self) -> Option<HeadTruth> {
        match self {
            Self::Scene(scene) => scene.head(),
            Self::Feed(feed) => feed.head(),
        }
    }

    pub(crate) fn gains(&self) -> Option<[f32; 3]> {
        match self {
            Self::Scene(scene) => Some(scene.gains()),
            Self::Feed(_) => None,
        }
    }
}
