//! A session: frame after frame, each showing what the screen has been told to show.

use std::fmt;
use std::time::Duration;

use verilume_frame::{Frame, RgbImage, Timestamp};

use crate::camera::through_jpeg;
use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::{CameraParams, Scenario};
use crate::scene::HeadTruth;
use crate::source::Source;
use crate::species;
use crate::timeline::ScreenTimeline;

/// A frame as the client gets it.
#[derive(Debug, Clone)]
pub struct SimFrame {
    /// Pixels (after the JPEG, if there is one) and time stamp.
    pub frame: Frame,
    /// The JPEG; `None` where the scenario asks for raw frames.
    pub jpeg: Option<Vec<u8>>,
    /// What no client can know.
    pub truth: FrameTruth,
}

/// What is true of a frame and no client can know: for tests of the physics only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameTruth {
    /// The moment that the frame shows: the end of its first row's exposure.
    pub exposed_at: Timestamp,
    /// Per channel, from radiance (nit) to a share of the sensor's range; `None` where no camera took the frame.
    pub gains: Option<[f32; 3]>,
    /// The head in the frame, if a head's shape was rendered for it.
    pub head: Option<HeadTruth>,
}

/// A simulated check, driven by whoever shows the colours. The same heads, scenario and seed, and the same colours shown,
/// give the same frames.
///
/// ```no_run
/// use std::time::Duration;
/// use verilume_frame::Timestamp;
/// use verilume_sim::{Heads, Scenario, ScenarioLimits, ScreenColours, ScreenTimeline, Session};
///
/// # fn show(_: &mut ScreenTimeline, _: Timestamp) {}
/// # fn push_to_client(_: verilume_sim::SimFrame) {}
/// let heads = Heads::read(&std::fs::read("assets/sim/heads.bin")?)?;
/// let scenario = Scenario::random(7, &ScenarioLimits::default());
/// let mut session = Session::new(&heads, &scenario, 7);
/// let mut shown = ScreenTimeline::new(ScreenColours::uniform([0.5; 3]));
/// while session.next_frame_at() < Timestamp::from_millis(5000) {
///     // Whatever the client shows until then must be on the timeline.
///     show(&mut shown, session.next_frame_at());
///     push_to_client(session.next_frame(&shown));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session {
    source: Source,
    camera: CameraParams,
    clock: Clock,
}

impl Session {
    /// The session of a scenario and a seed.
    pub fn new(heads: &Heads, scenario: &Scenario, seed: u64) -> Self {
        let scenario = scenario.clamped();
        let clock = Clock::new(&scenario.camera, seed);
        Self { source: species::source(heads, &scenario, seed), camera: scenario.camera, clock }
    }

    /// When the next frame will reach the client. The timeline must hold what is shown until then.
    pub fn next_frame_at(&self) -> Timestamp {
        Timestamp::from_secs(self.clock.next_secs)
    }

    /// The next frame that arrives; frames the camera drops are passed over. A timeline that ends earlier counts as
    /// standing still.
    pub fn next_frame(&mut self, shown: &ScreenTimeline) -> SimFrame {
        let at_secs = self.clock.next_secs;
        self.clock.advance();
        let exposed_secs = at_secs - self.camera.latency_ms / 1e3;
        let gains = self.source.gains();
        let taken = self.source.frame(exposed_secs, shown).unwrap_or_else(|| self.black());
        let (image, jpeg) = match self.camera.jpeg_quality.and_then(|quality| through_jpeg(&taken, quality)) {
            Some((bytes, decoded)) => (decoded, Some(bytes)),
            None => (taken, None),
        };
        let truth =
            FrameTruth { exposed_at: Timestamp::from_secs(exposed_secs), gains, head: self.source.head() };
        SimFrame { frame: Frame::new(image, Timestamp::from_secs(at_secs)), jpeg, truth }
    }

    /// Lets the next frame go by unseen, as a camera does whose frames are fetched too slowly.
    pub fn pass_over(&mut self) {
        self.clock.advance();
    }

    /// All frames until a time, for a course of the screen that is known beforehand.
    pub fn frames_until<'s>(
        &'s mut self,
        end: Duration,
        shown: &'s ScreenTimeline,
    ) -> impl Iterator<Item = SimFrame> + 's {
        let end_secs = end.as_secs_f64();
        std::iter::from_fn(move || (self.clock.next_secs < end_secs).then(|| self.next_frame(shown)))
    }

    /// Sizes are clamped to what a frame can have, so this never reaches a client.
    fn black(&self) -> RgbImage {
        RgbImage::filled(self.camera.width, self.camera.height, [0; 3]).expect("the size was clamped")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("next_frame_at", &self.next_frame_at()).finish_non_exhaustive()
    }
}

/// When frames arrive.
struct Clock {
    rng: Rng,
    frame_secs: f64,
    jitter_secs: f64,
    drop_share: f32,
    number: u32,
    next_secs: f64,
}

impl Clock {
    fn new(camera: &CameraParams, seed: u64) -> Self {
        let mut clock = Self {
            rng: Rng::of(seed, "clock"),
            frame_secs: 1.0 / camera.frames_per_second,
            jitter_secs: camera.jitter_ms / 1e3,
            drop_share: camera.drop_share,
            number: 0,
            next_secs: 0.0,
        };
        clock.next_secs = clock.jittered();
        clock
    }

    fn advance(&mut self) {
        let last_secs = self.next_secs;
        self.number += 1;
        while self.rng.chance(self.drop_share) {
            self.number += 1;
        }
        self.next_secs = self.jittered().max(last_secs + 1e-3);
    }

    fn jittered(&mut self) -> f64 {
        // Beyond three deviations a camera would rather drop the frame.
        let jitter = f64::from(self.rng.normal(1.0).clamp(-3.0, 3.0)) * self.jitter_secs;
        (f64::from(self.number) * self.frame_secs + jitter).max(0.0)
    }
}
