//! Hair: a cap grown out of the scalp, and for long hair the asset's hair mesh.

use crate::math::{Vec3, mix, smoothstep};
use crate::rng::{Rng, plane_noise};

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

    /// The reflectance of a strand, by coordinates across and along the hair in strands.
    pub(super) fn strand(&self, across: f32, along: f32) -> [f32; 3] {
        let streak = 1.0 + 0.45 * plane_noise(self.seed ^ 2, across, along * 0.08);
        let lock = 1.0 + 0.25 * plane_noise(self.seed ^ 3, across * 0.12, along * 0.03);
        self.colour.map(|share| (share * streak * lock).clamp(0.004, 0.9))
    }
}
