//! A paper photo of a face with holes for the eyes, worn bent around the wearer's face: real eyes that blink, real
//! motion, paper's light.

use std::ops::Range;

use verilume_frame::{Point2, linear_from_srgb};

use crate::heads::Heads;
use crate::math::{Pose, Vec3, index};
use crate::render::{Body, Surface, Texture};
use crate::rng::Rng;
use crate::scenario::{Scenario, SkinTone};
use crate::scene::{HeadTruth, Moment, Stage, Subject};
use crate::timeline::ScreenTimeline;

use super::content::Photo;
use super::head::{Head, HeadOptions};
use super::paper::{ink, sheet};

/// Width and height of the mask, and how far its upper edge is above the eyes, in distances between the eyes.
const WIDTH: f32 = 2.35;
const HEIGHT: f32 = 3.1;
const ABOVE_EYES: f32 = 1.15;
/// Half width and half height of an eye hole, in distances between the eyes.
const HOLE: [f32; 2] = [0.22, 0.12];
/// Texels of the mask across.
const TEXELS: usize = 300;

struct PaperMask {
    wearer: Head,
    paper: usize,
    /// From the mask's middle to the wearer's head.
    head_from_mask: Pose,
}

pub(super) fn subject(heads: &Heads, scenario: &Scenario, seed: u64, stage: &mut Stage) -> Box<dyn Subject> {
    let mut rng = Rng::of(seed, "paper mask");
    let wearer_scenario =
        Scenario { skin_tone: rng.pick(&SkinTone::ALL), wears_glasses: false, ..scenario.clone() };
    let wearer = Head::new(heads, &wearer_scenario, rng.seed(), stage, HeadOptions::default());
    let shown = Scenario { wears_glasses: false, ..scenario.clone() };
    let texture = Photo::take(heads, &shown, rng.seed(), 1.5).map_or_else(
        || Texture::filled(TEXELS, TEXELS, [0.8, 0.8, 0.8, 1.0]),
        |photo| mask_texture(&photo, rng.between(0.9, 1.15)),
    );
    let eye_distance = (wearer.eyes[0].centre - wearer.eyes[1].centre).length();
    let nose = stage.bodies[wearer.number].mesh.at.get(wearer.landmarks.nose_tip);
    let mesh = sheet(WIDTH * eye_distance, texture.size(), Some(rng.between(0.085, 0.115)));
    let mut body = Body::new(mesh, texture, Surface::Matt { gloss: rng.pick(&[0.005, 0.03]) });
    body.is_cut_out = true;
    let middle_y = (ABOVE_EYES - HEIGHT / 2.0) * eye_distance;
    let head_from_mask = Pose::at(Vec3::new(0.0, middle_y, nose.z + rng.between(0.002, 0.006)));
    let paper = stage.add(body);
    Box::new(PaperMask { wearer, paper, head_from_mask })
}

impl Subject for PaperMask {
    fn pose(&mut self, stage: &mut Stage, moment: Moment, shown: &ScreenTimeline) {
        self.wearer.pose(stage, moment, shown);
        stage.bodies[self.paper].world_from_body =
            self.wearer.world_from_head(moment.at_secs).after(&self.head_from_mask);
        stage.relight(self.paper);
    }

    fn finish(&self, stage: &Stage, image: &mut crate::render::LinearImage) {
        self.wearer.finish(stage, image);
    }

    fn person(&self) -> Range<usize> {
        self.wearer.number..self.paper + 1
    }

    fn head(&self, stage: &Stage) -> Option<HeadTruth> {
        self.wearer.head(stage)
    }
}

/// The face of a photo, cut to an oval with eye holes.
fn mask_texture(photo: &Photo, gamma: f32) -> Texture {
    let landmarks = photo.head.map(|head| head.landmarks).unwrap_or_default();
    let (left, right) = (landmarks.left_eye, landmarks.right_eye);
    let unit_px = left.distance(right).max(1.0);
    let middle = left.midpoint(right);
    // Along the line of the eyes, so that a tilted head gives an upright mask.
    let along = Point2::new((left.x - right.x) / unit_px, (left.y - right.y) / unit_px);
    let rows = index(TEXELS as f32 * HEIGHT / WIDTH);
    let mut texture = Texture::filled(TEXELS, rows, [0.0; 4]);
    for (row, column) in (0..rows).flat_map(|row| (0..TEXELS).map(move |column| (row, column))) {
        let x = (column as f32 / TEXELS as f32 - 0.5) * WIDTH;
        let y = row as f32 / rows as f32 * HEIGHT - ABOVE_EYES;
        let px = middle.x + (along.x * x - along.y * y) * unit_px;
        let py = middle.y + (along.y * x + along.x * y) * unit_px;
        let [r, g, b] = pixel(photo, px, py).map(|light| ink(light, gamma));
        texture.set(column, row, [r, g, b, if is_paper(x, y) { 1.0 } else { 0.0 }]);
    }
    texture
}

/// Whether the mask has paper at a point, in distances between the eyes from the middle between them, y down.
fn is_paper(x: f32, y: f32) -> bool {
    let oval = (x / (WIDTH * 0.49)).powi(2) + ((y + ABOVE_EYES - HEIGHT / 2.0) / (HEIGHT * 0.49)).powi(2);
    let hole = ((x.abs() - 0.5) / HOLE[0]).powi(2) + (y / HOLE[1]).powi(2);
    oval < 1.0 && hole > 1.0
}

/// Linear light of a photo's pixel; outside counts as the edge.
fn pixel(photo: &Photo, x: f32, y: f32) -> [f32; 3] {
    let clamped = |at: f32, size: u32| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the size")]
        let at = at.clamp(0.0, size as f32 - 1.0) as u32;
        at
    };
    let image = &photo.image;
    image.view().pixel(clamped(x, image.width()), clamped(y, image.height())).map(linear_from_srgb)
}
