//! Hair: a cap grown out of the scalp, and for long hair a curtain around the back of the head.

use crate::math::{Vec3, mix, smoothstep};
use crate::render::{Mesh, Tag};
use crate::rng::{Rng, plane_noise};

use super::atlas::Patch;

/// Linear reflectances of hair, dark to light.
const COLOURS: [[f32; 3]; 7] = [
    [0.012, 0.010, 0.009],
    [0.025, 0.018, 0.013],
    [0.050, 0.030, 0.018],
    [0.095, 0.055, 0.028],
    [0.22, 0.15, 0.075],
    [0.16, 0.055, 0.022],
    [0.34, 0.33, 0.31],
];

/// How long the hair is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum HairStyle {
    Bald,
    /// Thickness of the cap, metres.
    Cap(f32),
    /// A cap, and hair that falls to this height (metres above the eyes, so mostly negative).
    Long(f32),
}

/// What a person's hair looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hair {
    pub(super) style: HairStyle,
    pub(super) colour: [f32; 3],
    /// Height of the hairline above the eyes, metres.
    hairline_metres: f32,
    seed: u64,
}

impl Hair {
    pub(super) fn draw(rng: &mut Rng, tone: usize, maleness: f32, age: f32) -> Self {
        let is_male = maleness > 0.5;
        let style = if is_male && rng.chance(0.08 + 0.25 * age) {
            HairStyle::Bald
        } else if rng.chance(if is_male { 0.06 } else { 0.6 }) {
            HairStyle::Long(rng.between(-0.30, -0.06))
        } else {
            HairStyle::Cap(rng.between(0.003, 0.022))
        };
        let natural = COLOURS[rng.below(if tone <= 1 { 6 } else { 2 })];
        let grey = if rng.chance(age * 1.2) { rng.between(0.3, 1.0) } else { 0.0 };
        let shade = rng.between(0.8, 1.3);
        let colour = std::array::from_fn(|i| mix(natural[i], COLOURS[6][i], grey) * shade);
        let receding = if is_male { rng.between(0.0, 0.022) * (0.4 + age) } else { 0.0 };
        Self { style, colour, hairline_metres: rng.between(0.055, 0.070) + receding, seed: rng.seed() }
    }

    /// How much of a point of the neutral head is under hair, 0..=1; `soft_metres` is the width of the border.
    pub(super) fn cover(&self, at: Vec3, ear: f32, soft_metres: f32) -> f32 {
        if self.style == HairStyle::Bald {
            return 0.0;
        }
        let ragged = 0.004 * plane_noise(self.seed, at.x * 220.0, at.z * 220.0 + at.y * 90.0);
        // From the forehead the hairline falls over the temple to the sideburn, and behind the ear to the neck.
        let temple = smoothstep(-0.005, -0.055, at.z);
        let nape = smoothstep(-0.085, -0.105, at.z);
        let line = mix(mix(self.hairline_metres, -0.012, temple), -0.085, nape);
        let above = smoothstep(line - soft_metres, line + soft_metres, at.y + ragged);
        above * (1.0 - ear)
    }

    /// How far the cap stands off the scalp where it covers fully, metres.
    pub(super) fn thickness_metres(&self) -> f32 {
        match self.style {
            HairStyle::Bald => 0.0,
            HairStyle::Cap(metres) => metres,
            HairStyle::Long(_) => 0.008,
        }
    }

    /// Hangs long hair around the back and sides of a head that is `half_width` (metres) wide above the ears.
    pub(super) fn add_to(&self, mesh: &mut Mesh, half_width: f32) {
        const COLUMNS: u16 = 28;
        const ROWS: u16 = 12;
        let HairStyle::Long(end) = self.style else { return };
        // Seen from in front one sees the outside beside the face and the inside behind the neck.
        for side in [1.0, -1.0] {
            let first = u16::try_from(mesh.len()).unwrap_or(u16::MAX);
            for (row, column) in (0..=ROWS).flat_map(|row| (0..=COLUMNS).map(move |column| (row, column))) {
                let (across, down) =
                    (f32::from(column) / f32::from(COLUMNS), f32::from(row) / f32::from(ROWS));
                let (at, out) = self.on_curtain(across, down, half_width, end);
                mesh.vertex(
                    at - out * (0.001 * (1.0 - side)),
                    out * side,
                    Patch::LongHair.texel(across, down),
                );
            }
            for (row, column) in (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column))) {
                let a = first + row * (COLUMNS + 1) + column;
                let [b, c, d] = [a + 1, a + COLUMNS + 1, a + COLUMNS + 2];
                let [one, other] = if side > 0.0 { [[a, c, b], [b, c, d]] } else { [[a, b, c], [b, d, c]] };
                mesh.triangle(one, Tag::Hair);
                mesh.triangle(other, Tag::Hair);
            }
        }
    }

    /// A point of the curtain and the direction outwards: `across` from the left temple around the back to the right one.
    fn on_curtain(&self, across: f32, down: f32, half_width: f32, end: f32) -> (Vec3, Vec3) {
        const TOP_METRES: f32 = 0.075;
        // Measured from straight back.
        let angle = (0.5 - across) * 2.0 * 2.05;
        let wave = 0.004 * plane_noise(self.seed ^ 4, across * 40.0, down * 3.0);
        let fall = TOP_METRES
            + (end - TOP_METRES) * down
            + 0.008 * plane_noise(self.seed ^ 5, across * 60.0, 0.0) * down;
        // It leaves the crown, falls straight past the ears, and spreads a little on the shoulders.
        let swell = 1.0 - 0.25 * smoothstep(0.03, TOP_METRES, fall) + 0.12 * smoothstep(-0.10, -0.22, fall);
        let (sin, cos) = angle.sin_cos();
        let radius = [(half_width + 0.012) * swell + wave, 0.105 * swell + wave];
        let at = Vec3::new(radius[0] * sin, fall, -0.070 - radius[1] * cos);
        (at, Vec3::new(sin, 0.0, -cos).normalised())
    }

    /// The reflectance of a strand, by coordinates across and along the hair in strands.
    pub(super) fn strand(&self, across: f32, along: f32) -> [f32; 3] {
        let streak = 1.0 + 0.45 * plane_noise(self.seed ^ 2, across, along * 0.08);
        let lock = 1.0 + 0.25 * plane_noise(self.seed ^ 3, across * 0.12, along * 0.03);
        self.colour.map(|share| (share * streak * lock).clamp(0.004, 0.9))
    }
}
