//! Paper with a photo on it: a matt sheet, flat or bent, held in a hand.

use std::ops::Range;

use crate::heads::Heads;
use crate::math::{Pose, Vec3};
use crate::motion::Sway;
use crate::render::{Body, Mesh, Surface, Texture};
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{Moment, Stage, Subject};
use crate::timeline::ScreenTimeline;

use super::content::Photo;

/// Linear reflectance of the blackest ink.
const INK: f32 = 0.03;
/// Linear reflectance range of print above that.
const GAMUT: f32 = 0.82;
/// Cells of a sheet, across and down.
const CELLS: (usize, usize) = (16, 20);
/// Most that a hand tilts the sheet, radians.
const TILT_RAD: f32 = 0.21;

/// What kind of sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SheetOptions {
    /// Whether it is cut out along the person.
    pub(super) is_cut_out: bool,
    /// Radius of the cylinder it is bent to, metres, least and most; `None` for flat.
    pub(super) bend_metres: Option<(f32, f32)>,
}

/// A sheet of paper.
pub(super) struct Sheet {
    number: usize,
    rest: Pose,
    sway: Sway,
}

impl Sheet {
    pub(super) fn subject(
        heads: &Heads,
        scenario: &Scenario,
        seed: u64,
        stage: &mut Stage,
        options: SheetOptions,
    ) -> Box<dyn Subject> {
        let mut rng = Rng::of(seed, "paper");
        let photo = Photo::take(heads, scenario, rng.seed(), 1.5);
        // Paper is smaller than life, and so held nearer; the frame is then filled about as a person would.
        let shrink = rng.between(0.7, 1.0);
        let width = photo.as_ref().map_or(0.3, |photo| photo.width_metres) * shrink;
        let texture = photo.as_ref().map_or_else(blank, |photo| printed(photo, &mut rng, options.is_cut_out));
        let bend =
            options.bend_metres.map(|(least, most)| rng.between(least, most) * shrink.max(width / 0.45));
        let mesh = sheet(width, texture.size(), bend);
        let gloss = rng.pick(&[0.005, 0.03]);
        let mut body = Body::new(mesh, texture, Surface::Matt { gloss });
        body.is_cut_out = options.is_cut_out;
        let distance = scenario.distance_cm / 100.0 * shrink * rng.between(0.82, 1.10);
        let [yaw, pitch] = [0, 1].map(|_: i32| rng.between(-TILT_RAD, TILT_RAD));
        let roll = rng.normal(0.04);
        let camera = stage.optics.camera;
        let at = Vec3::new(camera.x + rng.normal(0.004), camera.y + rng.normal(0.004), -distance);
        let rest = Pose::from_angles(yaw, pitch, roll, at);
        body.world_from_body = rest;
        let sway = Sway::of_hand(&mut rng, scenario.motion * 1.5);
        Box::new(Self { number: stage.add(body), rest, sway })
    }
}

impl Subject for Sheet {
    fn pose(&mut self, stage: &mut Stage, moment: Moment, _shown: &ScreenTimeline) {
        stage.bodies[self.number].world_from_body = self.rest.after(&self.sway.at(moment.at_secs));
        stage.relight(self.number);
    }

    fn person(&self) -> Range<usize> {
        self.number..self.number + 1
    }
}

/// A sheet around its own middle, bent about the vertical axis.
pub(super) fn sheet(width: f32, texels: (usize, usize), bend_radius: Option<f32>) -> Mesh {
    let height = width * texels.1 as f32 / texels.0 as f32;
    Mesh::sheet(CELLS, texels, |across, down| {
        let (along, y) = ((across - 0.5) * width, (0.5 - down) * height);
        match bend_radius {
            None => (Vec3::new(along, y, 0.0), Vec3::new(0.0, 0.0, 1.0)),
            Some(radius) => {
                let (sin, cos) = (along / radius).sin_cos();
                (Vec3::new(radius * sin, y, radius * (cos - 1.0)), Vec3::new(sin, 0.0, cos))
            }
        }
    })
}

/// The photo in ink, cut out along the person if so wanted.
fn printed(photo: &Photo, rng: &mut Rng, is_cut_out: bool) -> Texture {
    let gamma = rng.between(0.9, 1.15);
    Texture::of_frame(&photo.image, is_cut_out.then_some(photo.person.as_slice()), |light| ink(light, gamma))
}

/// Reflectance of a print of a linear light.
pub(super) fn ink(light: f32, gamma: f32) -> f32 {
    INK + GAMUT * light.clamp(0.0, 1.0).powf(gamma)
}

fn blank() -> Texture {
    Texture::filled(2, 2, [INK + GAMUT, INK + GAMUT, INK + GAMUT, 1.0])
}
