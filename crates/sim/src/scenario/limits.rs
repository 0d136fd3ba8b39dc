//! Random scenarios within limits.

use serde::{Deserialize, Serialize};

use verilume_protocol::challenge::FlashProfile;

use super::{CameraParams, Device, DisplayBuild, Scenario, ShapeSet, SkinTone, Species, profile_by_name};
use crate::rng::Rng;

/// From `low` to `high`, both possible.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The least.
    pub low: f32,
    /// The most.
    pub high: f32,
}

impl Range {
    /// From `low` to `high`.
    pub const fn new(low: f32, high: f32) -> Self {
        Self { low, high }
    }

    /// Only one value.
    pub const fn exactly(value: f32) -> Self {
        Self { low: value, high: value }
    }

    fn draw(self, rng: &mut Rng) -> f32 {
        rng.between(self.low, self.high)
    }

    /// Uniform in the logarithm, for what people perceive in ratios.
    fn draw_ratio(self, rng: &mut Rng) -> f32 {
        let (low, high) = (self.low.max(1e-3), self.high.max(1e-3));
        low * (high / low).powf(rng.unit())
    }
}

/// What random scenarios are drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioLimits {
    /// Who or what.
    pub species: Species,
    /// One of these; none counts as the phone.
    pub devices: Vec<Device>,
    /// Luminance of the white screen, nit.
    pub screen_nit: Range,
    /// Illuminance of the room, lux; drawn uniformly in the logarithm.
    pub lux: Range,
    /// Distance of the eyes, centimetres; `None` for what is usual with the device.
    pub distance_cm: Option<Range>,
    /// How far the head is turned away from the device to its left, degrees.
    pub turned_deg: Range,
    /// One of these; none counts as all.
    pub skin_tones: Vec<SkinTone>,
    /// Shapes that heads may draw.
    pub shapes: ShapeSet,
    /// Share of people who wear glasses.
    pub glasses_share: f32,
    /// How much everything moves; 1 is usual.
    pub motion: Range,
    /// Timing and light of the challenge; written by its name.
    #[serde(with = "profile_by_name")]
    pub profile: FlashProfile,
    /// What displays are built like.
    #[serde(skip_serializing_if = "DisplayBuild::is_bare")]
    pub display: DisplayBuild,
    /// Quality of the JPEG, 1..=100; `None` for raw frames.
    pub jpeg_quality: Option<u8>,
}

impl Default for ScenarioLimits {
    fn default() -> Self {
        Self {
            species: Species::BonaFide,
            devices: vec![Device::Phone],
            screen_nit: Range::exactly(400.0),
            lux: Range::new(50.0, 500.0),
            distance_cm: None,
            turned_deg: Range::exactly(0.0),
            skin_tones: SkinTone::ALL.to_vec(),
            shapes: ShapeSet::All,
            glasses_share: 0.2,
            motion: Range::new(0.5, 1.5),
            profile: FlashProfile::standard(),
            display: DisplayBuild::Bare,
            jpeg_quality: Some(CameraParams::CAPTURE_QUALITY),
        }
    }
}

impl Scenario {
    /// The scenario of a seed within limits.
    pub fn random(seed: u64, limits: &ScenarioLimits) -> Self {
        let mut rng = Rng::of(seed, "scenario");
        let device = if limits.devices.is_empty() { Device::Phone } else { rng.pick(&limits.devices) };
        let (near, far) = device.usual_distance_cm();
        let distance = limits.distance_cm.unwrap_or(Range::new(near, far));
        let tones = if limits.skin_tones.is_empty() { &SkinTone::ALL[..] } else { &limits.skin_tones };
        let scenario = Self {
            species: limits.species,
            device,
            screen_nit: limits.screen_nit.draw(&mut rng),
            lux: limits.lux.draw_ratio(&mut rng),
            ambient_kelvin: rng.between(2700.0, 6500.0),
            distance_cm: distance.draw(&mut rng),
            wall_metres: rng.between(0.8, 3.0),
            skin_tone: rng.pick(tones),
            shapes: limits.shapes,
            wears_glasses: rng.chance(limits.glasses_share),
            motion: limits.motion.draw(&mut rng),
            profile: limits.profile,
            display: limits.display,
            camera: CameraParams {
                exposure_ms: f64::from(rng.between(12.0, 33.0)),
                readout_ms: f64::from(rng.between(5.0, 25.0)),
                auto_exposure_secs: rng.between(0.25, 1.2),
                auto_white_secs: rng.between(1.0, 4.0),
                noise: rng.between(0.7, 1.6),
                tone_curve: rng.between(0.0, 0.35),
                blur: rng.between(0.4, 0.9),
                latency_ms: f64::from(rng.between(40.0, 120.0)),
                flicker_hz: if rng.chance(0.5) { 100.0 } else { 120.0 },
                flicker_depth: rng.between(0.0, 0.02),
                jpeg_quality: limits.jpeg_quality,
                ..CameraParams::default()
            },
            turned_deg: 0.0,
        };
        // Drawn last: every seed keeps the rest of its scenario.
        Self { turned_deg: limits.turned_deg.draw(&mut rng), ..scenario }
    }
}
