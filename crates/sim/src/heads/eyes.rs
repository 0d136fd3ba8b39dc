//! Eyeballs: where they sit, and the sclera, iris and pupil painted on them.

use crate::math::{Vec3, mix, smoothstep};
use crate::render::Texture;
use crate::rng::{Rng, plane_noise};

use super::asset::{Heads, Part};
use super::atlas::{PATCH, Patch};

/// Radius of an eyeball that the mesh has at its natural size, metres.
pub(crate) const EYE_RADIUS_METRES: f32 = 0.0138;
/// The patch reaches a little beyond the eyeball, as a share of its radius.
const PATCH_REACH: f32 = 1.06;

/// Linear reflectances of irises.
const IRISES: [[f32; 3]; 6] = [
    [0.045, 0.022, 0.012],
    [0.075, 0.036, 0.018],
    [0.11, 0.062, 0.028],
    [0.10, 0.11, 0.05],
    [0.12, 0.17, 0.22],
    [0.17, 0.20, 0.22],
];

/// Where an eyeball sits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EyeSite {
    /// Metres, in the head's frame.
    pub(crate) centre: Vec3,
    /// Metres.
    pub(crate) radius_metres: f32,
}

impl EyeSite {
    /// The eyeball of a part in a set of positions.
    pub(super) fn of(heads: &Heads, positions: &[Vec3], part: Part) -> Self {
        let of_part = heads.parts.iter().zip(positions).filter(|(p, _)| **p == part).map(|(_, at)| *at);
        let mut count = 0.0;
        let mut low = Vec3::new(f32::MAX, f32::MAX, f32::MAX);
        let mut high = -low;
        for at in of_part {
            low = Vec3::new(low.x.min(at.x), low.y.min(at.y), low.z.min(at.z));
            high = Vec3::new(high.x.max(at.x), high.y.max(at.y), high.z.max(at.z));
            count += 1.0;
        }
        let size = (high - low) * if count > 0.0 { 0.5 } else { 0.0 };
        Self { centre: low + size, radius_metres: ((size.x + size.y) / 2.0).max(1e-3) }
    }

    /// Where a point of the eyeball lies in its patch, for a gaze turned by these angles (radians, right and up).
    pub(super) fn texel(&self, at: Vec3, patch: Patch, [right_rad, up_rad]: [f32; 2]) -> [f32; 2] {
        let offset = (at - self.centre) * (1.0 / (self.radius_metres * PATCH_REACH));
        let across = offset.x - right_rad.sin();
        let down = -(offset.y - up_rad.sin());
        patch.texel(across * 0.5 + 0.5, down * 0.5 + 0.5)
    }
}

/// What a person's eyes look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct EyeLook {
    iris: [f32; 3],
    pupil_share: f32,
    seed: u64,
}

impl EyeLook {
    /// `tone` 0 the lightest skin to 5 the darkest: light eyes are rare in dark skin; `lux` narrows the pupil.
    pub(super) fn draw(rng: &mut Rng, tone: usize, lux: f32) -> Self {
        let choices = if tone <= 1 {
            IRISES.len()
        } else if tone == 2 {
            4
        } else {
            2
        };
        let pupil_mm = (3.1 - 0.75 * (lux.max(1.0) / 100.0).log10() + rng.normal(0.3)).clamp(1.2, 4.0);
        Self { iris: IRISES[rng.below(choices)], pupil_share: pupil_mm / 2.0 / 5.9, seed: rng.seed() }
    }

    /// Paints both patches.
    pub(super) fn paint(&self, texture: &mut Texture) {
        for patch in [Patch::LeftEye, Patch::RightEye] {
            let (left, top) = patch.corner();
            for row in 0..PATCH {
                for column in 0..PATCH {
                    let unit =
                        |at: usize| ((at as f32 - 1.0) / (PATCH as f32 - 3.0) * 2.0 - 1.0) * PATCH_REACH;
                    let [r, g, b] = self.colour(unit(column), unit(row));
                    texture.set(left + column, top + row, [r, g, b, 1.0]);
                }
            }
        }
    }

    /// The reflectance at a point of the eyeball, in radii from the middle of the iris.
    fn colour(&self, x: f32, y: f32) -> [f32; 3] {
        let radius = x.hypot(y);
        let iris_radius = 0.0059 / EYE_RADIUS_METRES;
        let in_iris = radius / iris_radius;
        let angle = y.atan2(x);
        let vein = plane_noise(self.seed ^ 1, x * 9.0, y * 9.0).max(0.0) * smoothstep(0.5, 1.0, radius);
        let sclera = [0.60 - 0.04 * vein, 0.55 - 0.16 * vein, 0.52 - 0.16 * vein];
        let ray = 1.0 + 0.35 * plane_noise(self.seed, angle * 9.0, in_iris * 4.0);
        let pupil = smoothstep(self.pupil_share - 0.06, self.pupil_share + 0.06, in_iris);
        let limbus = mix(1.0, 0.35, smoothstep(0.78, 1.0, in_iris));
        let edge = smoothstep(0.94, 1.08, in_iris);
        std::array::from_fn(|i| mix(mix(0.006, self.iris[i] * ray, pupil) * limbus, sclera[i], edge))
    }
}
