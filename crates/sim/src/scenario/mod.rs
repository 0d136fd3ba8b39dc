//! What is simulated: who or what is in front of which device, in which light, seen by which camera.

mod device;
mod display_build;
mod limits;
mod profile_by_name;
mod species;

use serde::{Deserialize, Serialize};
use verilume_protocol::challenge::FlashProfile;

pub use device::Device;
pub use display_build::DisplayBuild;
pub use limits::{Range, ScenarioLimits};
pub use species::{Species, UnknownSpeciesError};

/// Skin tone on a scale of six, 1 the lightest to 6 the darkest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct SkinTone(u8);

impl SkinTone {
    /// All six.
    pub const ALL: [Self; 6] = [Self(1), Self(2), Self(3), Self(4), Self(5), Self(6)];

    /// A tone of 1..=6.
    pub fn new(tone: u8) -> Option<Self> {
        (1..=6).contains(&tone).then_some(Self(tone))
    }

    /// 1..=6.
    pub fn number(self) -> u8 {
        self.0
    }

    /// 0..=5.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl From<SkinTone> for u8 {
    fn from(tone: SkinTone) -> Self {
        tone.0
    }
}

impl TryFrom<u8> for SkinTone {
    type Error = &'static str;

    fn try_from(tone: u8) -> Result<Self, Self::Error> {
        Self::new(tone).ok_or("skin tones are 1 to 6")
    }
}

/// Which shapes of features a head may draw. `A` and `B` share none, so that thresholds tuned on one are tested on heads
/// that the other could not have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShapeSet {
    /// Any.
    #[default]
    All,
    /// One half.
    A,
    /// The other half.
    B,
}

/// The camera and how its frames reach the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CameraParams {
    /// Width of a frame, pixels; 16..=1920.
    pub width: u32,
    /// Height of a frame, pixels; 16..=1920.
    pub height: u32,
    /// Frames a second; 1..=120.
    pub frames_per_second: f64,
    /// Exposure time of a row, milliseconds.
    pub exposure_ms: f64,
    /// From the first row's exposure to the last row's, milliseconds.
    pub readout_ms: f64,
    /// Time constant of the automatic exposure, seconds; 0 switches it off after the first frame.
    pub auto_exposure_secs: f32,
    /// Time constant of the automatic white balance, seconds; 0 switches it off after the first frame.
    pub auto_white_secs: f32,
    /// Noise relative to a usual phone; 0 for none.
    pub noise: f32,
    /// Strength of an S-shaped tone curve on top of sRGB; 0 for none, below 1.
    pub tone_curve: f32,
    /// Softness of the lens, 0..=1.
    pub blur: f32,
    /// Standard deviation of a frame's time, milliseconds.
    pub jitter_ms: f64,
    /// Share of frames that never arrive, below 1.
    pub drop_share: f32,
    /// From the light to the frame's time stamp: display, exposure and camera pipeline together, milliseconds.
    pub latency_ms: f64,
    /// Frequency of the mains' light, hertz: twice that of the mains.
    pub flicker_hz: f64,
    /// Depth of that flicker, 0..1.
    pub flicker_depth: f32,
    /// Quality of the JPEG each frame goes through, 1..=100; `None` for raw frames.
    pub jpeg_quality: Option<u8>,
}

impl Default for CameraParams {
    fn default() -> Self {
        Self {
            width: 360,
            height: 480,
            frames_per_second: 30.0,
            exposure_ms: 20.0,
            readout_ms: 15.0,
            auto_exposure_secs: 0.6,
            auto_white_secs: 2.0,
            noise: 1.0,
            tone_curve: 0.15,
            blur: 0.6,
            jitter_ms: 3.0,
            drop_share: 0.02,
            latency_ms: 70.0,
            flicker_hz: 100.0,
            flicker_depth: 0.01,
            jpeg_quality: Some(Self::CAPTURE_QUALITY),
        }
    }
}

impl CameraParams {
    /// Quality of the JPEGs that a capture sends. Below it the colour of whole blocks is rounded by as much as the
    /// screen adds in a bright room; more frames do not help, as the same light is rounded the same way.
    pub const CAPTURE_QUALITY: u8 = 90;

    /// A camera that adds nothing of its own: no noise, no automatics, no curve beyond sRGB, no compression, no jitter.
    /// For measurements of the physics.
    pub fn ideal() -> Self {
        Self {
            auto_exposure_secs: 0.0,
            auto_white_secs: 0.0,
            noise: 0.0,
            tone_curve: 0.0,
            blur: 0.0,
            jitter_ms: 0.0,
            drop_share: 0.0,
            flicker_depth: 0.0,
            jpeg_quality: None,
            ..Self::default()
        }
    }

    /// The same with every value inside its range.
    pub(crate) fn clamped(&self) -> Self {
        let finite = |value: f64, low: f64, high: f64| {
            if value.is_finite() { value.clamp(low, high) } else { low }
        };
        let unit = |value: f32, high: f32| {
            if value.is_finite() { value.clamp(0.0, high) } else { 0.0 }
        };
        Self {
            width: self.width.clamp(16, 1920),
            height: self.height.clamp(16, 1920),
            frames_per_second: finite(self.frames_per_second, 1.0, 120.0),
            exposure_ms: finite(self.exposure_ms, 0.0, 200.0),
            readout_ms: finite(self.readout_ms, 0.0, 200.0),
            auto_exposure_secs: unit(self.auto_exposure_secs, 1e3),
            auto_white_secs: unit(self.auto_white_secs, 1e3),
            noise: unit(self.noise, 50.0),
            tone_curve: unit(self.tone_curve, 0.95),
            blur: unit(self.blur, 1.0),
            jitter_ms: finite(self.jitter_ms, 0.0, 50.0),
            drop_share: unit(self.drop_share, 0.9),
            latency_ms: finite(self.latency_ms, 0.0, 2e3),
            flicker_hz: finite(self.flicker_hz, 1.0, 1e3),
            flicker_depth: unit(self.flicker_depth, 0.9),
            jpeg_quality: self.jpeg_quality.map(|quality| quality.clamp(1, 100)),
        }
    }
}

/// One simulated check. Everything not named here (who it is, how they move, what the room looks like) follows from the
/// session's seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Who or what is in front of the camera.
    pub species: Species,
    /// The device.
    pub device: Device,
    /// Luminance of the device's white screen, nit (cd/m2); 0 switches its light off.
    pub screen_nit: f32,
    /// Illuminance of the room on a surface that faces the device, lux.
    pub lux: f32,
    /// Colour temperature of the room's light, kelvin.
    pub ambient_kelvin: f32,
    /// From the screen to the eyes, centimetres.
    pub distance_cm: f32,
    /// From the eyes to the wall behind, metres.
    pub wall_metres: f32,
    /// How far the head is turned away from the device to its left, degrees.
    pub turned_deg: f32,
    /// Skin of the person, or of the person an attack shows.
    pub skin_tone: SkinTone,
    /// Shapes that the head may draw.
    pub shapes: ShapeSet,
    /// Whether the person wears glasses.
    pub wears_glasses: bool,
    /// How much everything moves: 1 is usual, 0 nothing at all.
    pub motion: f32,
    /// Timing and light of the challenge, written by its name; attacks that replay another session use the same.
    #[serde(with = "profile_by_name")]
    pub profile: FlashProfile,
    /// What a display that is held before the camera is built like.
    #[serde(skip_serializing_if = "DisplayBuild::is_bare")]
    pub display: DisplayBuild,
    /// The camera.
    pub camera: CameraParams,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            species: Species::BonaFide,
            device: Device::Phone,
            screen_nit: 400.0,
            lux: 200.0,
            ambient_kelvin: 4000.0,
            distance_cm: 30.0,
            wall_metres: 1.5,
            turned_deg: 0.0,
            skin_tone: SkinTone(3),
            shapes: ShapeSet::All,
            wears_glasses: false,
            motion: 1.0,
            profile: FlashProfile::standard(),
            display: DisplayBuild::Bare,
            camera: CameraParams::default(),
        }
    }
}

impl Scenario {
    /// The same with every value inside its range.
    pub(crate) fn clamped(&self) -> Self {
        let within = |value: f32, low: f32, high: f32| {
            if value.is_finite() { value.clamp(low, high) } else { low }
        };
        Self {
            screen_nit: within(self.screen_nit, 0.0, 5e3),
            lux: within(self.lux, 0.1, 1e5),
            ambient_kelvin: within(self.ambient_kelvin, 1500.0, 15_000.0),
            distance_cm: within(self.distance_cm, 12.0, 200.0),
            wall_metres: within(self.wall_metres, 0.2, 20.0),
            turned_deg: within(self.turned_deg, -90.0, 90.0),
            motion: within(self.motion, 0.0, 10.0),
            camera: self.camera.clamped(),
            ..self.clone()
        }
    }
}
