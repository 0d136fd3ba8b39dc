//! The light of the room: a dome of directions with a colour each.

use std::f32::consts::PI;

use verilume_frame::luminance;

use crate::math::{Pose, Vec3};
use crate::render::Mesh;
use crate::rng::Rng;

use super::Visibility;

/// Directions of the dome.
pub(crate) const DIRECTIONS: usize = 40;

/// The light of a room, by directions of the world.
#[derive(Debug, Clone)]
pub(crate) struct Ambient {
    /// Towards the light, world frame, unit length.
    directions: [Vec3; DIRECTIONS],
    /// Illuminance over pi that a surface facing the direction gets from it, per channel.
    strengths: [[f32; 3]; DIRECTIONS],
    /// Where most of the directed light comes from, world frame.
    main: Vec3,
    /// The mean colour, luminance 1.
    pub(crate) colour: [f32; 3],
    lux: f32,
}

impl Ambient {
    /// A random room: ceiling light, a window or lamp somewhere in front or beside, walls that give some back. A surface
    /// facing the device gets `lux`.
    pub(crate) fn draw(rng: &mut Rng, lux: f32, kelvin: f32) -> Self {
        let ceiling = rng.between(0.2, 0.9);
        let directed_share = rng.between(0.0, 0.55);
        let turn = rng.between(-1.4, 1.4);
        let height = rng.between(0.0, 1.1);
        let main = Vec3::new(turn.sin() * height.cos(), height.sin(), turn.cos() * height.cos());
        let [dome_kelvin, main_kelvin] = [kelvin, kelvin * rng.between(0.8, 1.25)];
        let (dome_colour, main_colour) = (blackbody(dome_kelvin), blackbody(main_kelvin));
        let directions = directions();
        let dome = directions.map(|d| (0.55 + 0.45 * ceiling * d.y).max(0.05));
        let lobe = directions.map(|d| d.dot(main).max(0.0).powi(12));
        let (dome_unit, lobe_unit) =
            (1.0 / facing(&directions, &dome), 1.0 / facing(&directions, &lobe).max(0.02));
        let strengths: [[f32; 3]; DIRECTIONS] = std::array::from_fn(|i| {
            std::array::from_fn(|c| {
                (1.0 - directed_share) * dome[i] * dome_unit * dome_colour[c]
                    + directed_share * lobe[i] * lobe_unit * main_colour[c]
            })
        });
        let colour = std::array::from_fn(|c| facing(&directions, &strengths.map(|strength| strength[c])));
        let luma = luminance(colour);
        // Strengths are radiances of matt white, so the lux asked for is shared out over pi.
        let strengths = strengths.map(|strength| strength.map(|value| value / luma * lux / PI));
        Self { directions, strengths, main, colour: colour.map(|value| value / luma), lux }
    }

    /// The directions of the dome, world frame.
    pub(crate) fn directions(&self) -> &[Vec3; DIRECTIONS] {
        &self.directions
    }

    /// Illuminance over pi at each vertex, per channel, for a body in this pose.
    pub(crate) fn diffuse(
        &self,
        mesh: &Mesh,
        world_from_body: &Pose,
        visibility: Option<&Visibility>,
        out: &mut [Vec<f32>; 3],
    ) {
        let body_from_world = world_from_body.inverse();
        for channel in out.iter_mut() {
            channel.clear();
            channel.resize(mesh.len(), 0.0);
        }
        let [red, green, blue] = out;
        for (i, (&direction, &strength)) in self.directions.iter().zip(&self.strengths).enumerate() {
            let direction = body_from_world.turn(direction);
            match visibility {
                Some(visibility) => {
                    add_direction(mesh, direction, strength, visibility.of_direction(i), red, green, blue);
                }
                None => add_direction(mesh, direction, strength, &[], red, green, blue),
            }
        }
    }

    /// The radiance of highlights of the room at each vertex, for gloss of strength 1: a soft reflection of the main
    /// light on a veil of the whole room.
    pub(crate) fn gloss(
        &self,
        mesh: &Mesh,
        world_from_body: &Pose,
        camera_in_body: Vec3,
        out: &mut Vec<f32>,
    ) {
        let main = world_from_body.inverse().turn(self.main);
        let veil = self.lux / PI;
        out.clear();
        out.extend((0..mesh.len()).map(|i| {
            let to_camera = (camera_in_body - mesh.at.get(i)).normalised();
            let half = (main + to_camera).normalised();
            let to_2 = mesh.normal.get(i).dot(half).max(0.0).powi(2);
            let to_16 = to_2 * to_2 * to_2 * to_2 * to_2 * to_2 * to_2 * to_2;
            veil * (0.25 + 2.0 * to_16)
        }));
    }
}

fn add_direction(
    mesh: &Mesh,
    direction: Vec3,
    strength: [f32; 3],
    visible: &[f32],
    red: &mut [f32],
    green: &mut [f32],
    blue: &mut [f32],
) {
    let count = red.len();
    let (nx, ny, nz) = (&mesh.normal.x[..count], &mesh.normal.y[..count], &mesh.normal.z[..count]);
    let (green, blue) = (&mut green[..count], &mut blue[..count]);
    for i in 0..count {
        let facing = (nx[i] * direction.x + ny[i] * direction.y + nz[i] * direction.z).max(0.0);
        let facing = if visible.len() == count { facing * visible[i] } else { facing };
        red[i] += facing * strength[0];
        green[i] += facing * strength[1];
        blue[i] += facing * strength[2];
    }
}

/// Directions spread evenly over the sphere (a Fibonacci spiral).
fn directions() -> [Vec3; DIRECTIONS] {
    let golden = PI * (3.0 - 5.0_f32.sqrt());
    std::array::from_fn(|i| {
        let y = 1.0 - 2.0 * (i as f32 + 0.5) / DIRECTIONS as f32;
        let (sin, cos) = (golden * i as f32).sin_cos();
        let radius = (1.0 - y * y).sqrt();
        Vec3::new(radius * cos, y, radius * sin)
    })
}

/// What a surface that faces the device gets.
fn facing(directions: &[Vec3; DIRECTIONS], strengths: &[f32; DIRECTIONS]) -> f32 {
    directions.iter().zip(strengths).map(|(direction, strength)| direction.z.max(0.0) * strength).sum()
}

/// The linear colour of a blackbody, luminance 1 (a fit to the Planckian locus in sRGB, 1500 to 15000 K).
fn blackbody(kelvin: f32) -> [f32; 3] {
    let t = kelvin.clamp(1500.0, 15_000.0) / 100.0;
    let red = if t <= 66.0 { 255.0 } else { 329.7 * (t - 60.0).powf(-0.1332) };
    let green = if t <= 66.0 { 99.47 * t.ln() - 161.12 } else { 288.12 * (t - 60.0).powf(-0.0755) };
    let blue = if t >= 66.0 { 255.0 } else { 138.52 * (t - 10.0).ln() - 305.04 };
    let linear = [red, green, blue].map(|value: f32| (value / 255.0).clamp(0.02, 1.0).powf(2.2));
    let luma = luminance(linear);
    linear.map(|value| value / luma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Tag;

    #[test]
    fn a_surface_facing_the_device_gets_the_lux_asked_for() {
        let mut mesh = Mesh::default();
        mesh.vertex(Vec3::default(), Vec3::new(0.0, 0.0, 1.0), [0.0; 2]);
        mesh.triangle([0, 0, 0], Tag::Plain);
        for seed in 0..20 {
            let ambient = Ambient::draw(&mut Rng::new(seed), 300.0, 4000.0);
            let mut out = Default::default();
            ambient.diffuse(&mesh, &Pose::IDENTITY, None, &mut out);
            let lux = luminance([out[0][0], out[1][0], out[2][0]]) * PI;
            assert!((lux - 300.0).abs() < 0.1, "{lux}");
        }
    }

    #[test]
    fn warm_light_is_red_and_cold_light_is_blue() {
        let [warm, cold] = [2700.0, 9000.0].map(blackbody);
        assert!(warm[0] > 2.0 * warm[2] && cold[2] > cold[0]);
    }
}
