//! A display held before the camera: it emits its picture, its glass scatters little and mirrors the screen as a patch.

use std::ops::Range;

use crate::heads::Heads;
use crate::math::{Pose, Vec3};
use crate::motion::Sway;
use crate::render::{Body, Display, MirrorImage, Surface, Texture};
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Moment, Stage, Subject};
use crate::timeline::ScreenTimeline;

use super::content::{Photo, Video};
use super::glass::Glass;
use super::paper::sheet;

/// Most that a hand tilts the display, radians.
const TILT_RAD: f32 = 0.26;

/// What the display shows.
pub(super) enum Content {
    Photo(Photo),
    Video(Box<Video>),
}

impl Content {
    /// A photo or a video, whatever the attacker has, that does not react.
    pub(super) fn quiet(heads: &Heads, scenario: &Scenario, seed: u64) -> Self {
        let mut rng = Rng::of(seed, "content");
        let photo = rng.chance(0.4).then(|| Photo::take(heads, scenario, rng.seed(), 1.0)).flatten();
        match photo {
            Some(photo) => Self::Photo(photo),
            None => Self::Video(Box::new(Video::quiet(heads, scenario, rng.seed()))),
        }
    }
}

/// How the picture is tinted with the colours of the flash.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tint {
    /// Gain from no light to full light, in the flash's colour.
    pub(super) strength: f32,
    /// How much later than the flash, seconds.
    pub(super) lag_secs: f64,
    /// Only where the person is.
    pub(super) is_person_only: bool,
}

/// A display before the camera.
pub(super) struct Screening {
    number: usize,
    /// The bezel, and where it is on the display.
    bezel: Option<(usize, Pose)>,
    rest: Pose,
    sway: Sway,
    content: Content,
    tint: Option<Tint>,
}

impl Screening {
    pub(super) fn subject(
        scenario: &Scenario,
        seed: u64,
        stage: &mut Stage,
        content: Content,
        tint: Option<Tint>,
    ) -> Box<dyn Subject> {
        let mut rng = Rng::of(seed, "display");
        let shrink = rng.between(0.5, 1.0);
        let texture = match &content {
            Content::Photo(photo) => Texture::of_frame(&photo.image, Some(&photo.person), |light| light),
            Content::Video(_) => Texture::filled(stage.optics.width, stage.optics.height, [0.0; 4]),
        };
        let distance = scenario.distance_cm / 100.0 * shrink;
        let glass = Glass::of(scenario.display, seed);
        let share = glass.map_or(1.0, |glass| glass.share);
        let width = stage.optics.width as f32 / stage.optics.focal_px * distance * share;
        let texels = texture.size();
        let mut display = Display {
            peak_nit: rng.between(120.0, 450.0),
            reflectance: rng.between(0.004, 0.012),
            tint: [1.0; 3],
            masked_tint: [1.0; 3],
            mirror: None,
            mirror_share: rng.pick(&[0.012, 0.04]),
            streak: None,
            lattice: None,
        };
        if let Some(glass) = glass {
            let across = texels.0 as f32;
            display.streak = Some(glass.streak(across, display.mirror_share, scenario.lux));
            display.lattice = Some(glass.lattice(width, across));
        }
        let mesh = sheet(width, texels, None);
        let [yaw, pitch] = [0, 1].map(|_: i32| rng.between(-TILT_RAD, TILT_RAD));
        let at = Vec3::new(stage.optics.camera.x, stage.optics.camera.y, -distance * rng.between(0.9, 1.15));
        let rest = Pose::from_angles(yaw, pitch, rng.normal(0.03), at);
        let mut body = Body::new(mesh, texture, Surface::Display(display));
        body.world_from_body = rest;
        // Half the displays are held, half stand.
        let amount = if rng.chance(0.5) { scenario.motion } else { 0.0 };
        let sway = Sway::of_hand(&mut rng, amount);
        let number = stage.add(body);
        let bezel = glass.map(|glass| {
            let (body, behind) = glass.bezel(width, width * texels.1 as f32 / texels.0 as f32);
            (stage.add(body), Pose { translation: behind, ..Pose::IDENTITY })
        });
        Box::new(Self { number, bezel, rest, sway, content, tint })
    }

    fn tints(&self, stage: &Stage, at_secs: f64, shown: &ScreenTimeline) -> ([f32; 3], [f32; 3]) {
        let Some(tint) = self.tint else {
            return ([1.0; 3], [1.0; 3]);
        };
        let colour = stage.seen_colour(at_secs, tint.lag_secs, shown);
        let gains = colour.map(|share| 1.0 + tint.strength * (share - 0.5));
        if tint.is_person_only { ([1.0; 3], gains) } else { (gains, [1.0; 3]) }
    }
}

impl Subject for Screening {
    fn pose(&mut self, stage: &mut Stage, moment: Moment, shown: &ScreenTimeline) {
        let (tint, masked_tint) = self.tints(stage, moment.at_secs, shown);
        let world_from_body = self.rest.after(&self.sway.at(moment.at_secs));
        let device_from_body = stage.device_from_world.after(&world_from_body);
        let normal = device_from_body.turn(Vec3::new(0.0, 0.0, 1.0));
        let mirror = MirrorImage::in_plane(&stage.optics, &stage.panel, device_from_body.translation, normal);
        let body = &mut stage.bodies[self.number];
        body.world_from_body = world_from_body;
        if let Content::Video(video) = &mut self.content
            && let Some(frame) = video.frame(moment.at_secs)
        {
            body.texture = Texture::of_frame(&frame, Some(&video.person()), |light| light);
        }
        if let Surface::Display(display) = &mut body.surface {
            (display.tint, display.masked_tint, display.mirror) = (tint, masked_tint, Some(mirror));
        }
        stage.relight(self.number);
        if let Some((number, on_display)) = self.bezel {
            stage.bodies[number].world_from_body = world_from_body.after(&on_display);
            stage.relight(number);
        }
    }

    fn person(&self) -> Range<usize> {
        self.number..self.number + 1
    }
}
