//! A physical simulator of a liveness check: CC0 heads, the light of a room and of a screen in two halves, a camera with
//! its faults, and attacks. Deterministic by seed; no thread, no file, no clock, so that it also runs in a browser.
//!
//! It renders what a camera would see, frame by frame, while whoever drives it decides what the screen shows: a real
//! client can run against it as against a camera. It decides nothing, and nothing it yields is a person: every figure
//! obtained with it is a simulated one.
//!
//! Not simulated: inter-reflection and scattering inside the skin, lenses of glasses, clothing beyond a colour, local
//! tone mapping, video codecs.
//!
//! ```no_run
//! use std::time::Duration;
//! use verilume_sim::{Heads, Scenario, ScenarioLimits, ScreenTimeline, Session, random_challenge};
//!
//! let heads = Heads::read(&std::fs::read("assets/sim/heads.bin")?)?;
//! let scenario = Scenario::random(42, &ScenarioLimits::default());
//! let shown = ScreenTimeline::planned(&random_challenge(scenario.profile, 42));
//! let mut session = Session::new(&heads, &scenario, 42);
//! let frames: Vec<_> = session.frames_until(Duration::from_secs(4), &shown).collect();
//! println!("{} simulated frames", frames.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod camera;
mod challenge;
mod error;
mod heads;
mod light;
mod math;
mod motion;
mod render;
mod rng;
mod scenario;
mod scene;
mod session;
mod source;
mod species;
#[cfg(test)]
mod tests;
mod timeline;

pub use challenge::{planned, random_challenge};
pub use error::{HeadsError, HeadsErrorKind};
pub use heads::Heads;
pub use light::{Half, ScreenPanel};
pub use math::{Pose, Vec3};
pub use scenario::{
    CameraParams, Device, DisplayBuild, Range, Scenario, ScenarioLimits, ShapeSet, SkinTone, Species,
    UnknownSpeciesError,
};
pub use scene::{HeadLandmarks, HeadTruth};
pub use session::{FrameTruth, Session, SimFrame};
pub use timeline::{LinearRgb, ScreenColours, ScreenTimeline};
