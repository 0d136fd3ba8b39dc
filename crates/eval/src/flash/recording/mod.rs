//! A flashed capture on disk: what was shown when, and the frames.
//!
//! A session is a folder:
//! - `session.json`: the format's version, the profile, the six codes, when each slot was shown, the device. Only a
//!   simulated session has a `simulation`; everything else is known of a real one too.
//! - `frames/`: one JPEG or PNG a frame, the capture time in its name (`frame_000001234567us.jpg`), as
//!   [`media::open`](crate::media::open) reads it.
//!
//! All times are seconds since the first frame. `session.json` is written last: a folder without it is unfinished.

mod error;
mod file;
mod read;
mod replay;
mod write;

pub use error::{RecordingError, RecordingErrorKind};
pub use read::{RecordedSession, open};
pub use replay::{Replay, ReplayError, replay};
pub use write::{EncodedFrame, SessionWriter};

use verilume_liveness::flash::DeviceGeometry;
use verilume_protocol::challenge::ScreenTimeline;

/// Name of the file that describes the session.
const SESSION_FILE: &str = "session.json";
/// Name of the folder with the frames.
const FRAMES_FOLDER: &str = "frames";

/// What is known of a session besides its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRecord {
    /// What was shown, seconds since the first frame.
    pub timeline: ScreenTimeline,
    /// The screen and the camera.
    pub device: DeviceGeometry,
    /// What the device is called, at most 64 characters.
    pub device_name: String,
    /// What was simulated; `None` for a session of real people or attacks.
    pub simulation: Option<Simulation>,
}

/// What only a simulator knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// Who or what was before the camera, at most 64 characters.
    pub species: String,
    /// The seed of everything random about it.
    pub seed: u64,
}
