//! A random person: mesh, texture, blinking.

use std::collections::BTreeMap;

use crate::math::Vec3;
use crate::render::{Mesh, Tag, Texture};
use crate::rng::Rng;
use crate::scenario::{ShapeSet, SkinTone};

use super::asset::{Heads, Part};
use super::atlas::{PATCH, Patch};
use super::eyes::{EyeLook, EyeSite};
use super::glasses::Glasses;
use super::hair::Hair;
use super::shape;
use super::skin::SkinLook;

/// The mean distance between the pupils, metres.
const MEAN_PUPIL_DISTANCE_METRES: f32 = 0.063;

/// What of a person is given rather than drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) tone: SkinTone,
    pub(crate) set: ShapeSet,
    pub(crate) wears_glasses: bool,
    /// Of the room; narrows the pupils.
    pub(crate) lux: f32,
}

/// Landmarks of a person that the ground truth reports, as vertices of the mesh.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LandmarkVertices {
    pub(crate) nose_tip: usize,
    pub(crate) mouth_left: usize,
    pub(crate) mouth_right: usize,
    pub(crate) chin: usize,
}

/// A person, in the head's own frame: origin midway between the eyes, x to the person's left, y up, z to the front.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) mesh: Mesh,
    pub(crate) texture: Texture,
    pub(crate) eyes: [EyeSite; 2],
    pub(crate) landmarks: LandmarkVertices,
    /// Whether each vertex lies on the front of the face, hair and accessories excepted.
    pub(crate) is_face: Vec<bool>,
    pub(crate) lids: Lids,
}

/// How a person's eyes close.
#[derive(Debug, Clone)]
pub(crate) struct Lids {
    /// Vertices, where they are when the eyes are open, and how they move to shut them; metres.
    moves: Vec<(usize, Vec3, Vec3)>,
    /// Vertices whose normals do not follow from the triangles around them.
    keeps_normal: Vec<bool>,
    closure: f32,
}

impl Person {
    /// The person of a seed.
    pub(crate) fn draw(heads: &Heads, seed: u64, look: Look) -> Self {
        let mut rng = Rng::of(seed, "shape");
        let drawn = shape::draw(heads, &mut rng, look.set);
        let pupil_distance = MEAN_PUPIL_DISTANCE_METRES * (1.0 + rng.normal(0.045).clamp(-0.12, 0.12));
        let (positions, scale) = centred(heads, drawn.positions, pupil_distance);

        let mut rng = Rng::of(seed, "look");
        let tone = look.tone.index();
        let hair = Hair::draw(&mut rng, tone, drawn.maleness, drawn.age);
        let skin = SkinLook::draw(&mut rng, tone, drawn.maleness, drawn.age);
        let eye_look = EyeLook::draw(&mut rng, tone, look.lux);
        let glasses = Glasses::draw(&mut rng);
        let gaze = [rng.normal(0.03), rng.normal(0.02)];

        let eyes = [Part::LeftEye, Part::RightEye].map(|part| EyeSite::of(heads, &positions, part));
        let mut builder =
            Builder { heads, positions, hair, mesh: Mesh::default(), number: Vec::new(), is_eye: Vec::new() };
        builder.add_vertices(&eyes, gaze);
        builder.add_triangles();
        builder.grow_hair();
        builder.mesh.smooth_normals(|vertex| builder.is_eye[vertex]);
        let is_face = builder.face_vertices();
        let landmarks = builder.landmarks();
        let moves = builder.lids(scale);
        let half_width = builder.half_width_metres();
        let Builder { mut mesh, is_eye: mut keeps_normal, .. } = builder;
        hair.add_to(&mut mesh, half_width);
        let mut texture = skin.paint(&heads.atlas, &hair);
        eye_look.paint(&mut texture);
        if look.wears_glasses {
            glasses.add_to(&mut mesh, &eyes);
            let (left, top) = Patch::Frame.corner();
            let [r, g, b] = glasses.colour;
            for (row, column) in (0..PATCH).flat_map(|row| (0..PATCH).map(move |column| (row, column))) {
                texture.set(left + column, top + row, [r, g, b, 1.0]);
            }
        }
        keeps_normal.resize(mesh.len(), true);
        let is_face = is_face.into_iter().chain(std::iter::repeat(false)).take(mesh.len()).collect();
        let lids = Lids { moves, keeps_normal, closure: 0.0 };
        Self { mesh, texture, eyes, landmarks, is_face, lids }
    }
}

impl Lids {
    /// Closes the eyes of the person's mesh: 0 open, 1 shut.
    pub(crate) fn close(&mut self, mesh: &mut Mesh, closure: f32) {
        if (closure - self.closure).abs() < 1e-3 {
            return;
        }
        self.closure = closure;
        for &(vertex, open, shut) in &self.moves {
            mesh.at.set(vertex, open + shut * closure);
        }
        let keeps = &self.keeps_normal;
        mesh.smooth_normals(|vertex| keeps[vertex]);
    }
}

/// Positions with the eyes' middle at the origin and the pupils `pupil_distance` apart, and the scale that did it.
fn centred(heads: &Heads, positions: Vec<Vec3>, pupil_distance: f32) -> (Vec<Vec3>, f32) {
    let [left, right] =
        [Part::LeftEye, Part::RightEye].map(|part| EyeSite::of(heads, &positions, part).centre);
    let origin = (left + right) * 0.5;
    let scale = pupil_distance / (left - right).length().max(1e-3);
    (positions.into_iter().map(|at| (at - origin) * scale).collect(), scale)
}

struct Builder<'h> {
    heads: &'h Heads,
    positions: Vec<Vec3>,
    hair: Hair,
    mesh: Mesh,
    /// The mesh's vertex of each vertex of the asset.
    number: Vec<Option<u16>>,
    /// Whether each vertex of the mesh belongs to an eyeball, which keeps the normals of a sphere.
    is_eye: Vec<bool>,
}

impl Builder<'_> {
    fn add_vertices(&mut self, eyes: &[EyeSite; 2], gaze: [f32; 2]) {
        self.number = vec![None; self.positions.len()];
        for (vertex, &at) in self.positions.iter().enumerate() {
            let (normal, texel) = match self.heads.parts[vertex] {
                Part::Body => (Vec3::default(), self.heads.atlas.texels[vertex]),
                Part::LeftEye => {
                    ((at - eyes[0].centre).normalised(), eyes[0].texel(at, Patch::LeftEye, gaze))
                }
                Part::RightEye => {
                    ((at - eyes[1].centre).normalised(), eyes[1].texel(at, Patch::RightEye, gaze))
                }
            };
            self.number[vertex] = Some(self.mesh.vertex(at, normal, texel));
            self.is_eye.push(matches!(self.heads.parts[vertex], Part::LeftEye | Part::RightEye));
        }
    }

    fn add_triangles(&mut self) {
        for triangle in &self.heads.triangles {
            let [Some(a), Some(b), Some(c)] = triangle.map(|vertex| self.number[usize::from(vertex)]) else {
                continue;
            };
            let tag = match self.heads.parts[usize::from(triangle[0])] {
                Part::Body => Tag::Skin,
                Part::LeftEye => Tag::Eye(0),
                Part::RightEye => Tag::Eye(1),
            };
            self.mesh.triangle([a, b, c], tag);
        }
    }

    /// Lifts the scalp under the hair.
    fn grow_hair(&mut self) {
        self.mesh.smooth_normals(|vertex| self.is_eye[vertex]);
        let thickness = self.hair.thickness_metres();
        for (vertex, number) in self.number.iter().enumerate() {
            let Some(number) = number.map(usize::from) else {
                continue;
            };
            if self.heads.parts[vertex] == Part::Body {
                let cover = self.hair.cover(self.heads.neutral[vertex], self.heads.weights[vertex][2], 0.012);
                let lifted = self.mesh.at.get(number) + self.mesh.normal.get(number) * (thickness * cover);
                self.mesh.at.set(number, lifted);
            }
        }
    }

    /// Half the width of the head above the ears, metres.
    fn half_width_metres(&self) -> f32 {
        let above_ears = |at: &&Vec3| at.y > 0.02 && at.y < 0.07;
        self.positions.iter().filter(above_ears).map(|at| at.x.abs()).fold(0.05, f32::max)
    }

    fn face_vertices(&self) -> Vec<bool> {
        let mut is_face = vec![false; self.mesh.len()];
        for (vertex, number) in self.number.iter().enumerate() {
            let at = self.heads.neutral[vertex];
            let is_front = at.y > -0.105 && at.y < 0.055 && at.z > -0.055 && at.x.abs() < 0.062;
            if let (Some(number), true, Part::Body) = (number, is_front, self.heads.parts[vertex]) {
                is_face[usize::from(*number)] = true;
            }
        }
        is_face
    }

    fn landmarks(&self) -> LandmarkVertices {
        let best = |score: &dyn Fn(Vec3, [f32; 4]) -> f32| {
            let scored = self.number.iter().enumerate().filter_map(|(vertex, number)| {
                let is_body = self.heads.parts[vertex] == Part::Body;
                let number = number.filter(|_| is_body)?;
                Some((score(self.heads.neutral[vertex], self.heads.weights[vertex]), usize::from(number)))
            });
            scored.fold((f32::MIN, 0), |best, next| if next.0 > best.0 { next } else { best }).1
        };
        LandmarkVertices {
            nose_tip: best(&|at, _| {
                if at.y > -0.07 && at.y < -0.01 { at.z - at.x.abs() } else { f32::MIN }
            }),
            mouth_left: best(&|at, w| {
                if w[0] > 0.3 && at.z > -0.02 { at.x } else { f32::MIN }
            }),
            mouth_right: best(&|at, w| {
                if w[0] > 0.3 && at.z > -0.02 { -at.x } else { f32::MIN }
            }),
            chin: best(&|at, _| {
                if at.y < -0.085 && at.y > -0.125 { at.z - 0.8 * at.y - at.x.abs() } else { f32::MIN }
            }),
        }
    }

    /// The vertices that close the lids: where they are when open, and how they move.
    fn lids(&self, scale: f32) -> Vec<(usize, Vec3, Vec3)> {
        let mut moves: BTreeMap<usize, Vec3> = BTreeMap::new();
        for name in ["unit/eyeBlinkLeft", "unit/eyeBlinkRight"] {
            for (vertex, delta) in
                self.heads.shape(name).map(|shape| shape.moves.as_slice()).unwrap_or_default()
            {
                let is_body = self.heads.parts[usize::from(*vertex)] == Part::Body;
                if let (Some(number), true) = (self.number[usize::from(*vertex)], is_body) {
                    let sum = moves.entry(usize::from(number)).or_default();
                    *sum = *sum + *delta * scale;
                }
            }
        }
        moves.into_iter().map(|(vertex, shut)| (vertex, self.mesh.at.get(vertex), shut)).collect()
    }
}
