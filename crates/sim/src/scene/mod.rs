//! A physical scene: bodies in a room, a device that moves, its camera; and the subject, which is what differs from
//! species to species.

mod room;
mod stage;

use verilume_frame::{Point2, RgbImage};

use crate::camera::Camera;
use crate::heads::Heads;
use crate::math::Pose;
use crate::render::LinearImage;
use crate::scenario::Scenario;
use crate::timeline::ScreenTimeline;

pub(crate) use stage::{Moment, Stage};

/// Who or what is in front of the camera.
pub(crate) trait Subject {
    /// Moves everything of its own to a moment, and lights it.
    fn pose(&mut self, stage: &mut Stage, moment: Moment, shown: &ScreenTimeline);

    /// Adds what no vertex carries, after the frame is composed.
    fn finish(&self, _stage: &Stage, _image: &mut LinearImage) {}

    /// The bodies that show the person (their numbers on the stage), if single bodies do.
    fn person(&self) -> std::ops::Range<usize>;

    /// The pose and landmarks of the head that is shown, if a head is on the stage.
    fn head(&self, _stage: &Stage) -> Option<HeadTruth> {
        None
    }
}

/// Where a head truly is. For tests of the physics and of trackers only: no client has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadTruth {
    /// From the head's frame (origin midway between the eyes, z to the front) to the device's, metres.
    pub device_from_head: Pose,
    /// How far the eyes are closed, 0..=1.
    pub eye_closure: f32,
    /// Where landmarks are seen.
    pub landmarks: HeadLandmarks,
}

/// Landmarks in the frame, pixels. Left and right are the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadLandmarks {
    /// Centre of the left eyeball.
    pub left_eye: Point2,
    /// Centre of the right eyeball.
    pub right_eye: Point2,
    /// Tip of the nose.
    pub nose_tip: Point2,
    /// Left corner of the mouth.
    pub mouth_left: Point2,
    /// Right corner of the mouth.
    pub mouth_right: Point2,
    /// Foremost low point of the chin.
    pub chin: Point2,
}

/// A scene with its camera.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) subject: Box<dyn Subject>,
    camera: Camera,
    image: LinearImage,
}

impl Scene {
    /// The scene of a scenario and seed, with a subject made for its stage.
    pub(crate) fn new(
        heads: &Heads,
        scenario: &Scenario,
        seed: u64,
        subject: impl FnOnce(&Heads, &Scenario, u64, &mut Stage) -> Box<dyn Subject>,
    ) -> Self {
        let mut stage = Stage::new(scenario, seed);
        let subject = subject(heads, scenario, seed, &mut stage);
        let lit_lux = scenario.lux + 0.05 * scenario.screen_nit;
        let camera = Camera::new(&scenario.camera, seed, lit_lux);
        Self { stage, subject, camera, image: LinearImage::default() }
    }

    /// The radiances at a moment.
    pub(crate) fn radiances(&mut self, at_secs: f64, shown: &ScreenTimeline) -> &mut LinearImage {
        let moment = self.stage.begin(at_secs);
        self.subject.pose(&mut self.stage, moment, shown);
        self.stage.compose(at_secs, shown, &mut self.image);
        self.subject.finish(&self.stage, &mut self.image);
        &mut self.image
    }

    /// The frame whose first row's exposure ends at a moment, before any compression; `None` only for impossible sizes.
    pub(crate) fn frame(&mut self, at_secs: f64, shown: &ScreenTimeline) -> Option<RgbImage> {
        self.radiances(at_secs, shown);
        self.camera.take(&mut self.image)
    }

    /// Per channel, from radiance (nit) to a share of the sensor's full range, for the next frame.
    pub(crate) fn gains(&self) -> [f32; 3] {
        self.camera.gains()
    }

    /// Whether each pixel of the last frame shows the person.
    pub(crate) fn person_mask(&self) -> Vec<bool> {
        self.stage.mask(self.subject.person())
    }

    /// The head of the last frame.
    pub(crate) fn head(&self) -> Option<HeadTruth> {
        self.subject.head(&self.stage)
    }
}
