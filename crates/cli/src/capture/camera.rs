//! What stands in for a camera: a simulated one that sees the screen, or a video that does not.

use std::str::FromStr;
use std::time::Duration;

use verilume_capture::ScreenStep;
use verilume_eval::media::{self, FrameReader, MediaOptions};
use verilume_frame::{Frame, Timestamp};
use verilume_sim::{Heads, Range, Scenario, ScenarioLimits, ScreenColours, ScreenTimeline, Session, Species};

use crate::failure::Failure;

/// Who a simulated camera sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SimulatedSpec {
    seed: u64,
    species: Species,
    lux: Option<f32>,
    turned_deg: f32,
}

/// How `--camera` is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CameraSpec {
    /// `sim:SEED[,species=NAME][,lux=LUX][,turned=DEGREES]`
    Simulated(SimulatedSpec),
    /// `video:FILE`
    Video(std::path::PathBuf),
}

impl FromStr for CameraSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const SHAPE: &str = "say sim:SEED[,species=NAME][,lux=LUX][,turned=DEGREES] or video:FILE";
        match text.split_once(':') {
            Some(("sim", rest)) => simulated(rest),
            Some(("video", file)) if !file.is_empty() => Ok(Self::Video(file.into())),
            _ => Err(SHAPE.to_owned()),
        }
    }
}

fn simulated(text: &str) -> Result<CameraSpec, String> {
    let mut parts = text.split(',');
    let seed = parts.next().unwrap_or_default();
    let seed = seed.parse().map_err(|_malformed| format!("`{seed}` is no seed: a whole number from 0"))?;
    let mut spec = SimulatedSpec { seed, species: Species::BonaFide, lux: None, turned_deg: 0.0 };
    for part in parts {
        match part.split_once('=') {
            Some(("species", name)) => spec.species = crate::args::species(name)?,
            Some(("lux", value)) => spec.lux = Some(crate::args::illuminance(value)?),
            Some(("turned", value)) => {
                let degrees = value.parse().ok().filter(|degrees: &f32| degrees.abs() <= 90.0);
                spec.turned_deg =
                    degrees.ok_or_else(|| format!("`{value}` is no angle of -90 to 90 degrees"))?;
            }
            _ => {
                return Err(format!(
                    "`{part}` is unknown: there are species=NAME, lux=LUX and turned=DEGREES"
                ));
            }
        }
    }
    Ok(CameraSpec::Simulated(spec))
}

impl CameraSpec {
    /// A simulated person in a room of this illuminance, lux.
    pub(crate) fn simulated_at(seed: u64, lux: f32) -> Self {
        let species = Species::BonaFide;
        Self::Simulated(SimulatedSpec { seed, species, lux: Some(lux), turned_deg: 0.0 })
    }
}

/// A running camera. Its times count from the start of the device.
pub(crate) enum Camera {
    Simulated(Box<SimulatedCamera>),
    Video(Box<VideoCamera>),
}

/// A simulated camera before a person or an attack, who see the screen.
pub(crate) struct SimulatedCamera {
    session: Session,
    shown: ScreenTimeline,
}

/// Frames of a file, at the pace at which they were recorded. Whatever the screen shows, they stay the same.
pub(crate) struct VideoCamera {
    reader: FrameReader,
    next: Option<Frame>,
}

impl Camera {
    pub(crate) fn simulated(heads: &Heads, spec: &SimulatedSpec) -> Self {
        let defaults = ScenarioLimits::default();
        let limits = ScenarioLimits {
            species: spec.species,
            turned_deg: Range::exactly(spec.turned_deg),
            lux: spec.lux.map_or(defaults.lux, Range::exactly),
            // The device encodes what it sends by itself.
            jpeg_quality: None,
            ..defaults
        };
        let scenario = Scenario::random(spec.seed, &limits);
        Self::Simulated(Box::new(SimulatedCamera {
            session: Session::new(heads, &scenario, spec.seed),
            shown: ScreenTimeline::new(ScreenColours::uniform([0.0; 3])),
        }))
    }

    pub(crate) fn video(path: &std::path::Path) -> Result<Self, Failure> {
        let mut reader = media::open(path, &MediaOptions::default())?;
        let next = reader.next_frame()?;
        Ok(Self::Video(Box::new(VideoCamera { reader, next })))
    }

    /// When the next frame arrives; `None` when there are no more.
    pub(super) fn next_frame_at(&self) -> Option<Timestamp> {
        match self {
            Self::Simulated(camera) => Some(camera.session.next_frame_at()),
            Self::Video(camera) => camera.next.as_ref().map(|frame| frame.captured_at),
        }
    }

    /// The next frame.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, Failure> {
        match self {
            Self::Simulated(camera) => Ok(Some(camera.session.next_frame(&camera.shown).frame)),
            Self::Video(camera) => {
                let following = camera.reader.next_frame()?;
                Ok(std::mem::replace(&mut camera.next, following))
            }
        }
    }

    /// Lets frames go by that nobody could look at in time.
    pub(super) fn skip_before(&mut self, earliest: Timestamp) -> Result<u32, Failure> {
        let mut skipped = 0;
        while self.next_frame_at().is_some_and(|at| at < earliest) {
            match self {
                Self::Simulated(camera) => camera.session.pass_over(),
                Self::Video(_) => _ = self.next_frame()?,
            }
            skipped += 1;
        }
        Ok(skipped)
    }

    /// The screen before the camera begins to fade to other colours.
    pub(super) fn show(&mut self, step: &ScreenStep, at: Timestamp) {
        self.fade_to(at, step.fade, step.to.top, step.to.bottom);
    }

    /// The screen before the camera is dark again.
    pub(super) fn show_nothing(&mut self, at: Timestamp) {
        self.fade_to(at, Duration::ZERO, [0.0; 3], [0.0; 3]);
    }

    fn fade_to(&mut self, at: Timestamp, fade: Duration, top: [f64; 3], bottom: [f64; 3]) {
        if let Self::Simulated(camera) = self {
            #[expect(clippy::cast_possible_truncation, reason = "light of 0..=1")]
            let light = |rgb: [f64; 3]| rgb.map(|value| value as f32);
            camera.shown.fade_to(at, fade, ScreenColours { top: light(top), bottom: light(bottom) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_a_seed_or_a_file() {
        let parsed: CameraSpec = "sim:7,species=flat-print,lux=300".parse().unwrap();
        let spec = SimulatedSpec { seed: 7, species: Species::FlatPrint, lux: Some(300.0), turned_deg: 0.0 };
        assert_eq!(parsed, CameraSpec::Simulated(spec));
        let spec = SimulatedSpec { species: Species::BonaFide, lux: None, turned_deg: -45.0, ..spec };
        assert_eq!("sim:7,turned=-45".parse(), Ok(CameraSpec::Simulated(spec)));
        assert_eq!("video:a.mp4".parse(), Ok(CameraSpec::Video("a.mp4".into())));
        for wrong in
            ["", "sim:", "sim:x", "sim:1,lux=-1", "sim:1,hat=red", "sim:1,turned=120", "video:", "webcam"]
        {
            assert!(wrong.parse::<CameraSpec>().is_err(), "{wrong}");
        }
    }
}
