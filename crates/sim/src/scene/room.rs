//! The room behind the person: a papered wall and things in front of it, rich in corners.

use crate::math::{Pose, Vec3, smoothstep};
use crate::render::{Body, Mesh, Optics, Surface, Texture};
use crate::rng::{Rng, plane_noise};

/// The wall reaches this much beyond the frame at rest, as a share of it.
const MARGIN: f32 = 1.35;
/// Texels of the wall's texture across.
const WALL_TEXELS: usize = 560;

/// The wall `wall_metres` from the screen, and a few things between it and `face_metres`.
pub(super) fn bodies(rng: &mut Rng, optics: &Optics, wall_metres: f32, face_metres: f32) -> Vec<Body> {
    let aspect = optics.height as f32 / optics.width as f32;
    let half_width = |metres: f32| optics.width as f32 / 2.0 / optics.focal_px * metres * MARGIN;
    let mut bodies = vec![wall(rng, optics, wall_metres, half_width(wall_metres), aspect)];
    for _ in 0..rng.below(5) {
        let depth = rng.between(0.45, 0.97);
        let metres = face_metres + (wall_metres - face_metres) * depth;
        let reach = half_width(metres);
        let (width, height) = (reach * rng.between(0.15, 0.6), reach * aspect * rng.between(0.15, 0.8));
        let at = Vec3::new(
            rng.between(-reach, reach),
            optics.camera.y + reach * aspect * rng.between(-0.8, 0.6),
            -metres,
        );
        bodies.push(thing(rng, at, width, height));
    }
    bodies
}

fn upright(width: f32, height: f32, cells: (usize, usize), texels: (usize, usize)) -> Mesh {
    Mesh::sheet(cells, texels, |across, down| {
        (Vec3::new((across - 0.5) * width, (0.5 - down) * height, 0.0), Vec3::new(0.0, 0.0, 1.0))
    })
}

fn wall(rng: &mut Rng, optics: &Optics, metres: f32, half_width: f32, aspect: f32) -> Body {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred texels")]
    let rows = (WALL_TEXELS as f32 * aspect) as usize;
    let mesh = upright(2.0 * half_width, 2.0 * half_width * aspect, (10, 12), (WALL_TEXELS, rows));
    let paint = colour(rng, 0.15, 0.6);
    let seed = rng.seed();
    let mut texture = Texture::filled(WALL_TEXELS, rows, [paint[0], paint[1], paint[2], 1.0]);
    for row in 0..rows {
        for column in 0..WALL_TEXELS {
            let (x, y) = (column as f32, row as f32);
            let stain = 0.14 * plane_noise(seed, x * 0.012, y * 0.012)
                + 0.06 * plane_noise(seed ^ 1, x * 0.09, y * 0.09);
            let grain = 0.05 * plane_noise(seed ^ 2, x * 0.6, y * 0.6);
            let [r, g, b] = paint.map(|share| (share * (1.0 + stain + grain)).clamp(0.02, 0.9));
            texture.set(column, row, [r, g, b, 1.0]);
        }
    }
    for _ in 0..3 + rng.below(7) {
        hang(rng, &mut texture);
    }
    let mut body = Body::new(mesh, texture, Surface::Matt { gloss: 0.0 });
    body.world_from_body = Pose::at(Vec3::new(optics.camera.x, optics.camera.y, -metres));
    body
}

/// A framed picture, a shelf, a poster: a rectangle with something in it.
fn hang(rng: &mut Rng, texture: &mut Texture) {
    let (columns, rows) = texture.size();
    let (left, top) = (rng.below(columns), rng.below(rows));
    let (width, height) = (25 + rng.below(columns / 4), 25 + rng.below(rows / 4));
    let (inner, frame) = (colour(rng, 0.04, 0.75), colour(rng, 0.03, 0.6));
    let border = 2 + rng.below(8);
    let (seed, scale) = (rng.seed(), rng.between(0.02, 0.2));
    for row in top..(top + height).min(rows) {
        for column in left..(left + width).min(columns) {
            let from_edge = (row - top).min(top + height - row).min(column - left).min(left + width - column);
            let motif = 1.0 + 0.5 * plane_noise(seed, column as f32 * scale, row as f32 * scale);
            let [r, g, b] =
                if from_edge <= border { frame } else { inner.map(|share| (share * motif).min(0.9)) };
            texture.set(column, row, [r, g, b, 1.0]);
        }
    }
}

/// A plain thing with a grain: the back of a chair, a plant, a lamp.
fn thing(rng: &mut Rng, at: Vec3, width: f32, height: f32) -> Body {
    const TEXELS: usize = 96;
    let mesh = upright(width, height, (2, 2), (TEXELS, TEXELS));
    let paint = colour(rng, 0.04, 0.6);
    let (seed, scale) = (rng.seed(), rng.between(0.05, 0.4));
    let roundness = rng.between(2.0, 8.0);
    let mut texture = Texture::filled(TEXELS, TEXELS, [0.0; 4]);
    for row in 0..TEXELS {
        for column in 0..TEXELS {
            let (x, y) = (column as f32, row as f32);
            let unit = |at: f32| (at / (TEXELS as f32 - 1.0) * 2.0 - 1.0).abs();
            let reach = (unit(x).powf(roundness) + unit(y).powf(roundness)).powf(1.0 / roundness);
            let shade = (1.0 + 0.35 * plane_noise(seed, x * scale, y * scale))
                * (1.0 - 0.3 * smoothstep(0.6, 1.0, reach));
            let [r, g, b] = paint.map(|share| (share * shade).clamp(0.01, 0.9));
            texture.set(column, row, [r, g, b, if reach < 1.0 { 1.0 } else { 0.0 }]);
        }
    }
    let mut body = Body::new(mesh, texture, Surface::Matt { gloss: 0.0 });
    body.is_cut_out = true;
    body.world_from_body = Pose::at(at);
    body
}

fn colour(rng: &mut Rng, low: f32, high: f32) -> [f32; 3] {
    let level = rng.between(low, high);
    std::array::from_fn(|_| (level * (1.0 + rng.normal(0.15))).clamp(0.02, 0.85))
}
