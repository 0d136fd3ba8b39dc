//! The screen as an area light in two halves.

use std::f32::consts::PI;

use crate::math::{Pose, Vec3};
use crate::render::{Mesh, Vectors};

/// One half of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The upper half.
    Top,
    /// The lower half.
    Bottom,
}

/// Patches of a half, across and down, that diffuse light is summed over.
const DIFFUSE_PATCHES: [usize; 2] = [3, 4];
/// Patches of a half, across and down, that highlights are summed over.
const GLOSS_PATCHES: [usize; 2] = [2, 3];

/// A flat screen: centre at the origin of the device's frame, in the plane z = 0, shining towards -z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenPanel {
    /// Metres.
    pub width_metres: f32,
    /// Metres.
    pub height_metres: f32,
    /// How much the luminance falls off to the side, 0..=1: seen at the angle t it is `1 - f + f cos t` of what it is
    /// straight ahead. 0 is a Lambertian emitter.
    pub falloff: f32,
}

/// A small piece of the screen.
#[derive(Debug, Clone, Copy)]
struct Patch {
    centre: Vec3,
    area_m2: f32,
}

impl ScreenPanel {
    /// Illuminance at a point from one half at full white, lux, by quadrature over `patches` (across, down).
    ///
    /// `at` and the unit vector `normal` are in the device's frame, metres.
    pub fn illuminance_lux(
        &self,
        half: Half,
        screen_nit: f32,
        at: Vec3,
        normal: Vec3,
        patches: [usize; 2],
    ) -> f32 {
        let toward = |patch: Patch| {
            let to_patch = patch.centre - at;
            let distance = to_patch.length().max(1e-6);
            let to_patch = to_patch * (1.0 / distance);
            let at_surface = normal.dot(to_patch).max(0.0);
            // The emitter's normal is -z, so the ray back from the patch leaves it at this cosine.
            let at_screen = to_patch.z.max(0.0);
            at_surface * at_screen * self.relative_luminance(at_screen) / distance.powi(2) * patch.area_m2
        };
        self.patches(half, patches).map(toward).sum::<f32>() * screen_nit
    }

    /// The four corners of a half, device frame, metres.
    pub(crate) fn corners(&self, half: Half) -> [Vec3; 4] {
        let (x, y) = (self.width_metres / 2.0, self.height_metres / 2.0);
        let (low, high) = match half {
            Half::Top => (0.0, y),
            Half::Bottom => (-y, 0.0),
        };
        [Vec3::new(-x, low, 0.0), Vec3::new(x, low, 0.0), Vec3::new(x, high, 0.0), Vec3::new(-x, high, 0.0)]
    }

    /// The middle of a half, device frame, metres.
    pub(crate) fn centre(&self, half: Half) -> Vec3 {
        let quarter = self.height_metres / 4.0;
        Vec3::new(0.0, if half == Half::Top { quarter } else { -quarter }, 0.0)
    }

    fn relative_luminance(&self, cosine: f32) -> f32 {
        1.0 - self.falloff + self.falloff * cosine
    }

    fn patches(&self, half: Half, [across, down]: [usize; 2]) -> impl Iterator<Item = Patch> {
        let (width, height) = (self.width_metres, self.height_metres / 2.0);
        let bottom = if half == Half::Top { 0.0 } else { -height };
        let area_m2 = width * height / (across * down) as f32;
        (0..across * down).map(move |i| {
            let (column, row) = ((i % across) as f32 + 0.5, (i / across) as f32 + 0.5);
            let x = column / across as f32 * width - width / 2.0;
            Patch { centre: Vec3::new(x, bottom + row / down as f32 * height, 0.0), area_m2 }
        })
    }
}

/// What one half of the screen does at each vertex, for 1 nit of white.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScreenFactors {
    /// Illuminance over pi: times a reflectance it is the radiance of a matt surface.
    pub(crate) diffuse: Vec<f32>,
    /// The radiance of a surface whose highlights have strength 1.
    pub(crate) gloss: Vec<f32>,
    /// Unit vectors to the camera.
    to_camera: Vectors,
}

impl ScreenFactors {
    /// Computes the factors of a half for a mesh. `visible` says how much of the half each vertex sees; `highlights`
    /// whether to compute those.
    pub(crate) fn compute(
        &mut self,
        panel: &ScreenPanel,
        half: Half,
        mesh: &Mesh,
        body_from_device: &Pose,
        visible: Option<&[f32]>,
        camera: Option<Vec3>,
    ) {
        let emit = body_from_device.turn(Vec3::new(0.0, 0.0, -1.0));
        self.diffuse.clear();
        self.diffuse.resize(mesh.len(), 0.0);
        for patch in panel.patches(half, DIFFUSE_PATCHES) {
            let at = body_from_device.apply(patch.centre);
            add_diffuse(&mut self.diffuse, mesh, at, emit, patch.area_m2 / PI, panel.falloff);
        }
        self.gloss.clear();
        self.gloss.resize(mesh.len(), 0.0);
        if let Some(camera) = camera {
            to_camera(&mut self.to_camera, mesh, camera);
            for patch in panel.patches(half, GLOSS_PATCHES) {
                let at = body_from_device.apply(patch.centre);
                add_gloss(&mut self.gloss, mesh, at, &self.to_camera, patch.area_m2 / PI);
            }
        }
        if let Some(visible) = visible {
            for ((diffuse, gloss), share) in self.diffuse.iter_mut().zip(&mut self.gloss).zip(visible) {
                *diffuse *= share;
                *gloss *= share;
            }
        }
    }
}

/// The axes of vectors, cut to one length so that the loops need no bounds checks.
fn axes(vectors: &Vectors, count: usize) -> (&[f32], &[f32], &[f32]) {
    (&vectors.x[..count], &vectors.y[..count], &vectors.z[..count])
}

fn add_diffuse(sum: &mut [f32], mesh: &Mesh, from: Vec3, emit: Vec3, area_m2: f32, falloff: f32) {
    let count = sum.len();
    let (x, y, z) = axes(&mesh.at, count);
    let (nx, ny, nz) = axes(&mesh.normal, count);
    for i in 0..count {
        let (dx, dy, dz) = (from.x - x[i], from.y - y[i], from.z - z[i]);
        let inverse = 1.0 / (dx * dx + dy * dy + dz * dz);
        let at_surface = (nx[i] * dx + ny[i] * dy + nz[i] * dz).max(0.0);
        let at_screen = -(emit.x * dx + emit.y * dy + emit.z * dz);
        let at_screen = at_screen.max(0.0);
        let relative = 1.0 - falloff + falloff * at_screen * inverse.sqrt();
        sum[i] += at_surface * at_screen * inverse * inverse * relative * area_m2;
    }
}

/// Unit vectors from each vertex to the camera.
fn to_camera(out: &mut Vectors, mesh: &Mesh, camera: Vec3) {
    let count = mesh.len();
    for axis in [&mut out.x, &mut out.y, &mut out.z] {
        axis.resize(count, 0.0);
    }
    let (x, y, z) = axes(&mesh.at, count);
    let (to_x, to_y, to_z) = (&mut out.x[..count], &mut out.y[..count], &mut out.z[..count]);
    for i in 0..count {
        let (vx, vy, vz) = (camera.x - x[i], camera.y - y[i], camera.z - z[i]);
        let v = 1.0 / (vx * vx + vy * vy + vz * vz).sqrt();
        (to_x[i], to_y[i], to_z[i]) = (vx * v, vy * v, vz * v);
    }
}

/// A rough highlight: Blinn's half vector to the 32nd power, normalised so that it loses no energy with roughness.
fn add_gloss(sum: &mut [f32], mesh: &Mesh, from: Vec3, to_camera: &Vectors, area_m2: f32) {
    const NORMALISATION: f32 = (32.0 + 8.0) / 8.0;
    let count = sum.len();
    let (x, y, z) = axes(&mesh.at, count);
    let (nx, ny, nz) = axes(&mesh.normal, count);
    let (vx, vy, vz) = axes(to_camera, count);
    for i in 0..count {
        let (lx, ly, lz) = (from.x - x[i], from.y - y[i], from.z - z[i]);
        let to_light = 1.0 / (lx * lx + ly * ly + lz * lz);
        let l = to_light.sqrt();
        let (lx, ly, lz) = (lx * l, ly * l, lz * l);
        let at_surface = (nx[i] * lx + ny[i] * ly + nz[i] * lz).max(0.0);
        let (hx, hy, hz) = (lx + vx[i], ly + vy[i], lz + vz[i]);
        let half = (nx[i] * hx + ny[i] * hy + nz[i] * hz).max(0.0);
        let square = half * half / (hx * hx + hy * hy + hz * hz);
        let to_4 = square * square;
        let to_16 = to_4 * to_4 * to_4 * to_4;
        sum[i] += to_16 * to_16 * NORMALISATION * at_surface * to_light * area_m2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    const FACING: Vec3 = Vec3::new(0.0, 0.0, 1.0);

    fn white_lux(panel: &ScreenPanel, nit: f32, distance_metres: f32, patches: [usize; 2]) -> f32 {
        let at = Vec3::new(0.0, 0.0, -distance_metres);
        [Half::Top, Half::Bottom]
            .map(|half| panel.illuminance_lux(half, nit, at, FACING, patches))
            .iter()
            .sum()
    }

    /// `expected`: distances in centimetres and illuminances in lux.
    #[track_caller]
    fn check(size_metres: (f32, f32), nit: f32, expected: &[(f32, f32)]) {
        let panel = ScreenPanel { width_metres: size_metres.0, height_metres: size_metres.1, falloff: 0.0 };
        for (&(distance_cm, expected_lux), patches) in
            expected.iter().flat_map(|row| [DIFFUSE_PATCHES, [30, 30]].map(|patches| (row, patches)))
        {
            let lux = white_lux(&panel, nit, distance_cm / 100.0, patches);
            assert!((lux / expected_lux - 1.0).abs() < 0.05, "{lux} lx, expected {expected_lux}");
        }
    }

    /// Table 1.1 of the design: a Lambertian white screen facing the surface.
    #[test]
    fn the_table_of_screen_illuminance_is_reproduced() {
        check((0.0646, 0.140), 400.0, &[(25.0, 54.0), (30.0, 38.0), (35.0, 29.0), (40.0, 22.0)]);
        check((0.0646, 0.140), 1000.0, &[(25.0, 136.0), (30.0, 96.0), (35.0, 72.0), (40.0, 55.0)]);
        check((0.0715, 0.155), 400.0, &[(25.0, 66.0), (30.0, 47.0), (35.0, 35.0), (40.0, 27.0)]);
        check((0.294, 0.165), 400.0, &[(35.0, 138.0), (50.0, 72.0), (60.0, 51.0)]);
        check((0.531, 0.299), 200.0, &[(35.0, 175.0), (50.0, 102.0), (60.0, 76.0)]);
        check((0.158, 0.240), 400.0, &[(35.0, 111.0), (50.0, 58.0), (60.0, 41.0)]);
    }

    #[test]
    fn light_falls_with_the_square_of_the_distance() {
        let panel = Device::Phone.panel();
        let [near, far] = [2.0, 4.0].map(|metres| white_lux(&panel, 400.0, metres, DIFFUSE_PATCHES));
        assert!((near / far - 4.0).abs() < 0.02, "{}", near / far);
    }

    /// What a Lambertian screen emits, pi L A, arrives on a closed box around it.
    #[test]
    fn a_lambertian_screen_keeps_its_energy() {
        let panel = ScreenPanel { falloff: 0.0, ..Device::Phone.panel() };
        let (half_side, cells) = (0.5_f32, 60);
        let cell = 2.0 * half_side / cells as f32;
        let mut flux_lm = 0.0;
        for (row, column) in (0..cells).flat_map(|row| (0..cells).map(move |column| (row, column))) {
            let [a, b] = [row, column].map(|i| (i as f32 + 0.5) * cell - half_side);
            let faces = [
                (Vec3::new(a, b, -half_side), Vec3::new(0.0, 0.0, 1.0)),
                (Vec3::new(half_side, a, b - half_side), Vec3::new(-1.0, 0.0, 0.0)),
                (Vec3::new(-half_side, a, b - half_side), Vec3::new(1.0, 0.0, 0.0)),
                (Vec3::new(a, half_side, b - half_side), Vec3::new(0.0, -1.0, 0.0)),
                (Vec3::new(a, -half_side, b - half_side), Vec3::new(0.0, 1.0, 0.0)),
            ];
            for (i, (at, normal)) in faces.into_iter().enumerate() {
                if i > 0 && at.z < -half_side {
                    continue;
                }
                let lux =
                    [Half::Top, Half::Bottom].map(|h| panel.illuminance_lux(h, 400.0, at, normal, [4, 4]));
                flux_lm += lux.iter().sum::<f32>() * cell * cell;
            }
        }
        let emitted_lm = PI * 400.0 * panel.width_metres * panel.height_metres;
        assert!((flux_lm / emitted_lm - 1.0).abs() < 0.02, "{flux_lm} of {emitted_lm} lm");
    }
}
