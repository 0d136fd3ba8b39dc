//! Glasses: two rims, a bridge and two temples, swept as thin tubes. Lenses are taken as perfectly clear.

use std::f32::consts::TAU;

use crate::math::Vec3;
use crate::render::{Mesh, Tag};
use crate::rng::Rng;

use super::atlas::Patch;
use super::eyes::EyeSite;

/// Corners along a rim.
const RIM_CORNERS: usize = 28;
/// Corners around a tube.
const TUBE_CORNERS: usize = 4;

/// A pair of glasses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glasses {
    /// Linear reflectance of the frame.
    pub(super) colour: [f32; 3],
    tube_metres: f32,
    half_width_metres: f32,
    half_height_metres: f32,
    /// 2 an ellipse; larger, more angular.
    squareness: f32,
    /// From the centre of the eyeball to the plane of the lens, metres.
    stand_off_metres: f32,
}

impl Glasses {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let colours = [
            [0.02, 0.02, 0.02],
            [0.09, 0.05, 0.02],
            [0.25, 0.22, 0.18],
            [0.03, 0.05, 0.12],
            [0.2, 0.03, 0.03],
        ];
        Self {
            colour: rng.pick(&colours),
            tube_metres: rng.between(0.0008, 0.0022),
            half_width_metres: rng.between(0.023, 0.027),
            half_height_metres: rng.between(0.016, 0.022),
            squareness: rng.between(2.0, 4.5),
            stand_off_metres: rng.between(0.026, 0.030),
        }
    }

    /// Adds the frame to a head.
    pub(super) fn add_to(&self, mesh: &mut Mesh, eyes: &[EyeSite; 2]) {
        // Both lenses lie in one plane, before brow and cheek.
        let stand_off = eyes.iter().map(|eye| self.clear_of(mesh, eye)).fold(self.stand_off_metres, f32::max);
        let lens = eyes.map(|eye| {
            let outward = eye.centre.x.signum() * 0.001;
            eye.centre + Vec3::new(outward, -0.002, stand_off)
        });
        for centre in lens {
            let rim: Vec<Vec3> =
                (0..=RIM_CORNERS).map(|i| centre + self.on_rim(i as f32 / RIM_CORNERS as f32)).collect();
            self.tube(mesh, &rim);
        }
        let [left, right] = lens;
        let inner = Vec3::new(self.half_width_metres * 0.96, 0.006, 0.0);
        let (from, to) = (left - Vec3::new(inner.x, -inner.y, 0.0), right + inner);
        let arch = (from + to) * 0.5 + Vec3::new(0.0, 0.003, 0.002);
        self.tube(mesh, &[from, arch, to]);
        for centre in lens {
            let side = centre.x.signum();
            let hinge = centre + Vec3::new(side * self.half_width_metres, 0.008, -0.002);
            let ear =
                Vec3::new(side * (centre.x.abs() + self.half_width_metres + 0.018), centre.y + 0.004, -0.085);
            self.tube(mesh, &[hinge, hinge + Vec3::new(side * 0.008, 0.0, -0.006), ear]);
        }
    }

    /// The stand-off at which a lens is free of the skin behind it, metres.
    fn clear_of(&self, mesh: &Mesh, eye: &EyeSite) -> f32 {
        let behind_lens = |at: &Vec3| {
            let offset = *at - eye.centre;
            offset.x.abs() < self.half_width_metres * 0.8 && offset.y.abs() < self.half_height_metres * 1.1
        };
        let foremost = (0..mesh.len()).map(|vertex| mesh.at.get(vertex)).filter(behind_lens);
        foremost.map(|at| at.z - eye.centre.z + 0.003).fold(0.0, f32::max).min(0.042)
    }

    fn on_rim(&self, share: f32) -> Vec3 {
        let (sin, cos) = (share * TAU).sin_cos();
        let power = 2.0 / self.squareness;
        let bend = |value: f32| value.signum() * value.abs().powf(power);
        let x = bend(cos) * self.half_width_metres;
        // Lenses wrap a little around the face.
        Vec3::new(x, bend(sin) * self.half_height_metres, -0.004 * (x / self.half_width_metres).powi(2))
    }

    /// A tube along a line of points.
    fn tube(&self, mesh: &mut Mesh, line: &[Vec3]) {
        let texel = Patch::Frame.texel(0.5, 0.5);
        let mut rings: Vec<[u16; TUBE_CORNERS]> = Vec::with_capacity(line.len());
        for (i, &at) in line.iter().enumerate() {
            let (before, after) = (line[i.saturating_sub(1)], line[(i + 1).min(line.len() - 1)]);
            let along = (after - before).normalised();
            // Mostly the line runs across the view; where it runs along it, another helper avoids a zero product.
            let helper =
                if along.z.abs() < 0.9 { Vec3::new(0.0, 0.0, 1.0) } else { Vec3::new(0.0, 1.0, 0.0) };
            let side = along.cross(helper).normalised();
            let front = side.cross(along);
            rings.push(std::array::from_fn(|corner| {
                let (sin, cos) = (corner as f32 / TUBE_CORNERS as f32 * TAU).sin_cos();
                let out = side * cos + front * sin;
                mesh.vertex(at + out * self.tube_metres, out, texel)
            }));
        }
        for pair in rings.windows(2) {
            for corner in 0..TUBE_CORNERS {
                let next = (corner + 1) % TUBE_CORNERS;
                let ([a, b], [c, d]) = ([pair[0][corner], pair[0][next]], [pair[1][corner], pair[1][next]]);
                mesh.triangle([a, b, c], Tag::Frame);
                mesh.triangle([b, d, c], Tag::Frame);
            }
        }
    }
}
