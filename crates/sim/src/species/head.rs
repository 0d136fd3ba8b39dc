//! A head on the stage: a person's own, or one that an attack makes up.

use std::ops::Range;

use verilume_frame::{Point2, luminance};

use crate::heads::{EyeSite, Heads, LandmarkVertices, Lids, Look, Person};
use crate::light::Visibility;
use crate::math::{Pose, Vec3};
use crate::motion::{Blinks, Sway};
use crate::render::{Body, LinearImage, Surface, Tag, add_corneal_glints};
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::scene::{HeadLandmarks, HeadTruth, Moment, Stage, Subject};
use crate::timeline::ScreenTimeline;

/// How a head answers the screen's light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Response {
    /// As its shape demands.
    #[default]
    Shaped,
    /// Everywhere in proportion to the light it has anyway, as a colour filter over the face would.
    Uniform,
}

/// What can differ between heads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HeadOptions {
    /// Strength of highlights; `None` for skin.
    pub(super) gloss: Option<f32>,
    pub(super) blinks: bool,
    pub(super) response: Response,
    /// Whether it shades itself from the screen, shines, and mirrors the screen in its eyes.
    pub(super) has_fine_light: bool,
    /// How late it answers, seconds.
    pub(super) lag_secs: f64,
}

impl Default for HeadOptions {
    fn default() -> Self {
        Self { gloss: None, blinks: true, response: Response::Shaped, has_fine_light: true, lag_secs: 0.0 }
    }
}

/// A head.
#[derive(Debug)]
pub(super) struct Head {
    /// Its body's number on the stage.
    pub(super) number: usize,
    pub(super) eyes: [EyeSite; 2],
    pub(super) landmarks: LandmarkVertices,
    options: HeadOptions,
    is_face: Vec<bool>,
    lids: Lids,
    blinks: Blinks,
    sway: Sway,
    rest: Pose,
    eye_closure: f32,
}

impl Head {
    pub(super) fn new(
        heads: &Heads,
        scenario: &Scenario,
        seed: u64,
        stage: &mut Stage,
        options: HeadOptions,
    ) -> Self {
        let look = Look {
            tone: scenario.skin_tone,
            set: scenario.shapes,
            wears_glasses: scenario.wears_glasses,
            lux: scenario.lux,
        };
        let person = Person::draw(heads, seed, look);
        let mut rng = Rng::of(seed, "head");
        let rest = rest_pose(&mut rng, scenario, stage);
        let gloss = options.gloss.unwrap_or_else(|| rng.between(0.01, 0.035));
        let sway = Sway::of_head(&mut rng, scenario.motion);
        let blinks = if options.blinks { Blinks::draw(&mut rng) } else { Blinks::never() };
        let is_eye = eye_vertices(&person);
        let gloss = if options.has_fine_light { gloss } else { 0.0 };
        let mut body = Body::new(person.mesh, person.texture, Surface::Matt { gloss });
        let exempt = |vertex: usize| is_eye[vertex];
        let seen = Visibility::compute(&body.mesh, &stage.ambient, &stage.panel, &rest, exempt);
        body.visibility = Some(if options.has_fine_light { seen } else { seen.without_screen_shadow() });
        body.world_from_body = rest;
        body.lag_secs = options.lag_secs;
        Self {
            number: stage.add(body),
            eyes: person.eyes,
            landmarks: person.landmarks,
            options,
            is_face: person.is_face,
            lids: person.lids,
            blinks,
            sway,
            rest,
            eye_closure: 0.0,
        }
    }

    /// Where the head is at a moment.
    pub(super) fn world_from_head(&self, at_secs: f64) -> Pose {
        self.rest.after(&self.sway.at(at_secs))
    }

    /// Makes the answer to the screen proportional to the room's light, with the same mean over the face.
    fn flatten_response(&self, body: &mut Body) {
        let luma = |vertex: usize| {
            let [red, green, blue] = &body.light.room;
            luminance([red[vertex], green[vertex], blue[vertex]])
        };
        let room: Vec<f32> = (0..body.mesh.len()).map(luma).collect();
        let face_mean = |values: &[f32]| {
            let (mut sum, mut count) = (0.0, 0.0);
            for (value, _) in values.iter().zip(&self.is_face).filter(|(_, is_face)| **is_face) {
                sum += value;
                count += 1.0;
            }
            sum / f32::max(count, 1.0)
        };
        let room_mean = face_mean(&room).max(1e-9);
        for factors in [&mut body.light.top, &mut body.light.bottom] {
            let ratio = face_mean(&factors.diffuse) / room_mean;
            factors.diffuse.iter_mut().zip(&room).for_each(|(diffuse, room)| *diffuse = room * ratio);
        }
    }
}

impl Subject for Head {
    fn pose(&mut self, stage: &mut Stage, moment: Moment, _shown: &ScreenTimeline) {
        let body = &mut stage.bodies[self.number];
        self.eye_closure = self.blinks.closure(moment.at_secs);
        self.lids.close(&mut body.mesh, self.eye_closure);
        body.world_from_body = self.world_from_head(moment.at_secs);
        stage.relight(self.number);
        if self.options.response == Response::Uniform {
            self.flatten_response(&mut stage.bodies[self.number]);
        }
    }

    fn finish(&self, stage: &Stage, image: &mut LinearImage) {
        if !self.options.has_fine_light {
            return;
        }
        let body = &stage.bodies[self.number];
        let device_from_body = stage.device_from_world.after(&body.world_from_body);
        let eyes = self.eyes.map(|eye| (eye.centre, eye.radius_metres));
        let body = (self.number, body);
        add_corneal_glints(&stage.optics, &stage.panel, body, &device_from_body, eyes, &stage.buffers, image);
    }

    fn person(&self) -> Range<usize> {
        self.number..self.number + 1
    }

    fn head(&self, stage: &Stage) -> Option<HeadTruth> {
        let body = &stage.bodies[self.number];
        let device_from_head = stage.device_from_world.after(&body.world_from_body);
        let seen = |at: Vec3| {
            let [x, y, _] = stage.optics.project(device_from_head.apply(at)).unwrap_or_default();
            Point2::new(x, y)
        };
        let vertex = |number: usize| seen(body.mesh.at.get(number));
        let landmarks = HeadLandmarks {
            left_eye: seen(self.eyes[0].centre),
            right_eye: seen(self.eyes[1].centre),
            nose_tip: vertex(self.landmarks.nose_tip),
            mouth_left: vertex(self.landmarks.mouth_left),
            mouth_right: vertex(self.landmarks.mouth_right),
            chin: vertex(self.landmarks.chin),
        };
        Some(HeadTruth { device_from_head, eye_closure: self.eye_closure, landmarks })
    }
}

/// Looking at the camera, about in the middle of the frame.
fn rest_pose(rng: &mut Rng, scenario: &Scenario, stage: &Stage) -> Pose {
    let distance = scenario.distance_cm / 100.0;
    let spread = distance / 0.3;
    let aside = rng.normal(0.006) * spread;
    let above = stage.optics.camera.y + (0.030 + rng.normal(0.008).clamp(-0.016, 0.016)) * spread;
    let [yaw, pitch, roll] = [4.0, 4.0, 2.5].map(|degrees: f32| rng.normal(degrees.to_radians()));
    let yaw = yaw + scenario.turned_deg.to_radians();
    Pose::from_angles(yaw, pitch, roll, Vec3::new(aside, above, -distance))
}

fn eye_vertices(person: &Person) -> Vec<bool> {
    let mut is_eye = vec![false; person.mesh.len()];
    for (triangle, tag) in person.mesh.triangles.iter().zip(&person.mesh.tags) {
        if matches!(tag, Tag::Eye(_)) {
            triangle.iter().for_each(|&vertex| is_eye[usize::from(vertex)] = true);
        }
    }
    is_eye
}
