//! Pictures of a person that an attacker has: photos and videos, taken in another room by another camera.

use verilume_frame::RgbImage;

use crate::challenge::random_challenge;
use crate::heads::Heads;
use crate::rng::Rng;
use crate::scenario::{CameraParams, Scenario, Species};
use crate::scene::{HeadTruth, Scene};
use crate::timeline::{ScreenColours, ScreenTimeline};

use super::bona_fide;

/// The camera runs for so long before a photo is taken, seconds.
const PHOTO_AT_SECS: f64 = 0.7;

/// A photo.
pub(super) struct Photo {
    pub(super) image: RgbImage,
    /// Whether each pixel shows the person.
    pub(super) person: Vec<bool>,
    pub(super) head: Option<HeadTruth>,
    /// Width of what the photo shows at the person's distance, metres.
    pub(super) width_metres: f32,
}

/// The scenario that a picture was taken in: same person and framing, other light.
fn taken_in(scenario: &Scenario, rng: &mut Rng) -> Scenario {
    Scenario {
        species: Species::BonaFide,
        lux: rng.between(120.0, 500.0),
        ambient_kelvin: rng.between(2700.0, 6500.0),
        wall_metres: rng.between(0.8, 3.0),
        screen_nit: 0.0,
        camera: CameraParams {
            noise: rng.between(0.3, 0.8),
            tone_curve: rng.between(0.0, 0.2),
            jpeg_quality: None,
            ..scenario.camera.clone()
        },
        ..scenario.clone()
    }
}

impl Photo {
    /// A photo with `sharpness` times the pixels of a frame on each side.
    pub(super) fn take(heads: &Heads, scenario: &Scenario, seed: u64, sharpness: f32) -> Option<Self> {
        let mut rng = Rng::of(seed, "photo");
        let mut setting = taken_in(scenario, &mut rng);
        let pixels = |size: u32| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped right after"
            )]
            let scaled = (size as f32 * sharpness) as u32;
            scaled.clamp(16, 1920)
        };
        (setting.camera.width, setting.camera.height) =
            (pixels(scenario.camera.width), pixels(scenario.camera.height));
        let mut scene = Scene::new(heads, &setting, seed, bona_fide::subject);
        let dark = ScreenTimeline::new(ScreenColours::uniform([0.0; 3]));
        let image = scene.frame(PHOTO_AT_SECS, &dark)?;
        let focal_px = setting.device.focal_px(setting.camera.height);
        Some(Self {
            person: scene.person_mask(),
            head: scene.head(),
            width_metres: image.width() as f32 / focal_px * setting.distance_cm / 100.0,
            image,
        })
    }
}

/// A video.
pub(super) struct Video {
    scene: Scene,
    /// What the screen in front of the recorded person showed.
    shown: ScreenTimeline,
    /// The recording starts this much later than the session, seconds.
    late_secs: f64,
}

impl Video {
    /// A person in front of a screen that keeps still.
    pub(super) fn quiet(heads: &Heads, scenario: &Scenario, seed: u64) -> Self {
        let mut rng = Rng::of(seed, "video");
        let setting = taken_in(scenario, &mut rng);
        let shown = ScreenTimeline::new(ScreenColours::uniform([0.5; 3]));
        Self { scene: Scene::new(heads, &setting, seed, bona_fide::subject), shown, late_secs: 0.0 }
    }

    /// A genuine session with another challenge of the same timing.
    pub(super) fn of_session(heads: &Heads, scenario: &Scenario, seed: u64) -> Self {
        let mut rng = Rng::of(seed, "video");
        let mut setting = taken_in(scenario, &mut rng);
        setting.screen_nit = scenario.screen_nit.max(100.0);
        let shown = ScreenTimeline::planned(&random_challenge(setting.profile, rng.seed()));
        let late_secs = f64::from(rng.normal(0.1).clamp(-0.3, 0.3));
        Self { scene: Scene::new(heads, &setting, seed, bona_fide::subject), shown, late_secs }
    }

    /// The frame at a moment of the session, before compression.
    pub(super) fn frame(&mut self, at_secs: f64) -> Option<RgbImage> {
        self.scene.frame(at_secs - self.late_secs, &self.shown)
    }

    /// Whether each pixel of the last frame shows the person.
    pub(super) fn person(&self) -> Vec<bool> {
        self.scene.person_mask()
    }

    /// The head of the last frame.
    pub(super) fn head(&self) -> Option<HeadTruth> {
        self.scene.head()
    }

    /// What the screen of the session shows at a moment, as a camera's channels would see it.
    pub(super) fn seen_colour(&self, at_secs: f64, shown: &ScreenTimeline) -> [f32; 3] {
        self.scene.stage.seen_colour(at_secs, 0.0, shown)
    }
}
