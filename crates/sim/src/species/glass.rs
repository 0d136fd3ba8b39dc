//! A display's bezel, the lamp in its glass and its lattice.

use crate::math::Vec3;
use crate::render::{Body, Lattice, Mesh, Streak, Surface, Texture};
use crate::rng::Rng;
use crate::scenario::DisplayBuild;

/// How far behind the picture the bezel lies, metres.
const BEHIND: f32 = 0.002;
/// Linear reflectance and gloss of a bezel.
const BEZEL: [f32; 4] = [0.02, 0.02, 0.02, 1.0];
const BEZEL_GLOSS: f32 = 0.02;
/// Cells of its mesh.
const CELLS: (usize, usize) = (8, 10);
/// Luminance of a lamp in a room of 200 lux, least and most, nit. Origin: shades and frosted bulbs.
const LAMP_NIT: (f32, f32) = (1500.0, 6000.0);
const LAMP_ROOM_LUX: f32 = 200.0;

/// How one display is built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glass {
    /// Width of the picture over that which would fill the frame.
    pub(super) share: f32,
    /// Width of the bezel, metres.
    bezel: f32,
    /// Width of a pixel of the display, metres.
    pitch: f32,
    /// Where in the picture the lamp is mirrored, its direction and its size, as shares of the picture's width.
    lamp_at: [f32; 2],
    lamp_angle: f32,
    lamp_size: [f32; 2],
    lamp_nit: f32,
}

impl Glass {
    /// `None` for a bare display.
    pub(super) fn of(build: DisplayBuild, seed: u64) -> Option<Self> {
        let ((near, far), (thin, broad), pitches) = match build {
            DisplayBuild::Bare => return None,
            DisplayBuild::Phone => ((0.62, 0.78), (0.003, 0.008), [0.000_06, 0.000_1]),
            DisplayBuild::Monitor => ((0.72, 0.9), (0.008, 0.02), [0.000_18, 0.000_27]),
        };
        let mut rng = Rng::of(seed, "glass");
        Some(Self {
            share: rng.between(near, far),
            bezel: rng.between(thin, broad),
            pitch: rng.between(pitches[0], pitches[1]),
            lamp_at: [rng.between(0.25, 0.75), rng.between(0.25, 0.75)],
            lamp_angle: rng.between(0.0, std::f32::consts::PI),
            lamp_size: [rng.between(0.05, 0.2), rng.between(0.008, 0.025)],
            lamp_nit: rng.between(LAMP_NIT.0, LAMP_NIT.1),
        })
    }

    /// The bezel around a picture of this size, metres; and how far behind it.
    pub(super) fn bezel(&self, width: f32, height: f32) -> (Body, Vec3) {
        let (width, height) = (width + 2.0 * self.bezel, height + 2.0 * self.bezel);
        let mesh = Mesh::sheet(CELLS, (8, 8), |across, down| {
            (Vec3::new((across - 0.5) * width, (0.5 - down) * height, 0.0), Vec3::new(0.0, 0.0, 1.0))
        });
        let body = Body::new(mesh, Texture::filled(8, 8, BEZEL), Surface::Matt { gloss: BEZEL_GLOSS });
        (body, Vec3::new(0.0, 0.0, -BEHIND))
    }

    /// The lamp in the glass of a picture of so many texels.
    pub(super) fn streak(&self, texels_across: f32, mirror_share: f32, lux: f32) -> Streak {
        let (sin, cos) = self.lamp_angle.sin_cos();
        Streak {
            centre: self.lamp_at.map(|share| share * texels_across),
            along: [cos, sin],
            size: self.lamp_size.map(|share| share * texels_across),
            nit: mirror_share * self.lamp_nit * lux / LAMP_ROOM_LUX,
        }
    }

    /// Its lattice, for a picture of this width in metres and texels.
    pub(super) fn lattice(&self, width: f32, texels_across: f32) -> Lattice {
        Lattice { pitch: self.pitch / width * texels_across }
    }
}
