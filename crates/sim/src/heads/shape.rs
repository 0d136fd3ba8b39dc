//! Draws the shape of a random head: ancestry, sex, age, weight and features.

use crate::math::Vec3;
use crate::rng::Rng;
use crate::scenario::ShapeSet;

use super::asset::{Heads, Shape};

const ANCESTRIES: [&str; 3] = ["african", "asian", "caucasian"];
const SEXES: [&str; 2] = ["female", "male"];
const AGES: [&str; 2] = ["young", "old"];
/// Groups of features, and how many of each a head draws.
const FEATURES: [(&str, usize); 11] = [
    ("asym", 3),
    ("cheek", 2),
    ("chin", 3),
    ("ears", 2),
    ("eyebrows", 1),
    ("eyes", 4),
    ("forehead", 2),
    ("head", 3),
    ("mouth", 3),
    ("neck", 2),
    ("nose", 4),
];
/// The targets go beyond what is natural; no single one moves a point farther, metres.
const LARGEST_MOVE_METRES: f32 = 0.009;

/// Shapes without which no head can be made.
pub(super) const REQUIRED: [&str; 16] = [
    "macro/african-female-young",
    "macro/african-female-old",
    "macro/african-male-young",
    "macro/african-male-old",
    "macro/asian-female-young",
    "macro/asian-female-old",
    "macro/asian-male-young",
    "macro/asian-male-old",
    "macro/caucasian-female-young",
    "macro/caucasian-female-old",
    "macro/caucasian-male-young",
    "macro/caucasian-male-old",
    "unit/eyeBlinkLeft",
    "unit/eyeBlinkRight",
    "unit/mouthSmileLeft",
    "unit/mouthSmileRight",
];

/// The drawn shape, before size and pose.
pub(super) struct DrawnShape {
    /// Metres, in the asset's frame.
    pub(super) positions: Vec<Vec3>,
    /// 0 female to 1 male.
    pub(super) maleness: f32,
    /// 0 young adult to 1 old.
    pub(super) age: f32,
}

/// A head of a set, by the numbers of a stream.
pub(super) fn draw(heads: &Heads, rng: &mut Rng, set: ShapeSet) -> DrawnShape {
    let mut positions = heads.neutral.clone();
    let ancestry = shares(rng);
    // Most people are clearly of one sex and of middle age; mixtures widen the variety.
    let maleness = if rng.chance(0.5) { rng.between(0.0, 0.3) } else { rng.between(0.7, 1.0) };
    let age = rng.unit() * rng.unit();
    for (i, ancestry_name) in ANCESTRIES.iter().enumerate() {
        for (sex, sex_share) in SEXES.iter().zip([1.0 - maleness, maleness]) {
            for (age_name, age_share) in AGES.iter().zip([1.0 - age, age]) {
                let name = format!("macro/{ancestry_name}-{sex}-{age_name}");
                add_named(heads, &mut positions, &name, ancestry[i] * sex_share * age_share);
            }
        }
    }
    let weight = rng.normal(0.4).clamp(-0.8, 0.9);
    let build = if weight > 0.0 { "maxweight" } else { "minweight" };
    for (sex, sex_share) in SEXES.iter().zip([1.0 - maleness, maleness]) {
        for (age_name, age_share) in AGES.iter().zip([1.0 - age, age]) {
            let name = format!("macro/universal-{sex}-{age_name}-averagemuscle-{build}");
            add_named(heads, &mut positions, &name, weight.abs() * sex_share * age_share);
        }
    }
    for (group, count) in FEATURES {
        let members = of_set(heads.group(group), set);
        for _ in 0..count.min(members.len()) {
            let shape = &heads.shapes[rng.pick(&members)];
            let most = (LARGEST_MOVE_METRES / shape.reach_metres.max(1e-6)).min(1.0);
            let weight = rng.between(0.0, 0.7) * most;
            add(&mut positions, shape, if group == "asym" { weight * 0.5 } else { weight });
        }
    }
    expression(heads, rng, &mut positions);
    DrawnShape { positions, maleness, age }
}

/// The slight expression that a person keeps during a check.
fn expression(heads: &Heads, rng: &mut Rng, positions: &mut [Vec3]) {
    let smile = (rng.normal(0.15) + 0.05).clamp(0.0, 0.4);
    add_named(heads, positions, "unit/mouthSmileLeft", smile * rng.between(0.8, 1.2));
    add_named(heads, positions, "unit/mouthSmileRight", smile * rng.between(0.8, 1.2));
    add_named(heads, positions, "unit/browInnerUp", rng.between(0.0, 0.3));
    let frown = rng.between(0.0, 0.25);
    add_named(heads, positions, "unit/browDownLeft", frown);
    add_named(heads, positions, "unit/browDownRight", frown);
}

/// The shapes of a group that belong to a set: the two sets share none.
fn of_set(members: Vec<usize>, set: ShapeSet) -> Vec<usize> {
    let wanted = match set {
        ShapeSet::All => return members,
        ShapeSet::A => 0,
        ShapeSet::B => 1,
    };
    members.into_iter().enumerate().filter(|(place, _)| place % 2 == wanted).map(|(_, index)| index).collect()
}

/// Three shares that sum to 1, one of them mostly large.
fn shares(rng: &mut Rng) -> [f32; 3] {
    let draws = [0; 3].map(|_: i32| rng.unit().powi(3) + 1e-3);
    let sum: f32 = draws.iter().sum();
    draws.map(|draw| draw / sum)
}

fn add_named(heads: &Heads, positions: &mut [Vec3], name: &str, weight: f32) {
    // Only shapes that the asset may leave out can be missing here: the required ones were checked when it was read.
    if let Ok(shape) = heads.shape(name) {
        add(positions, shape, weight);
    }
}

fn add(positions: &mut [Vec3], shape: &Shape, weight: f32) {
    for (vertex, delta) in &shape.moves {
        let at = &mut positions[usize::from(*vertex)];
        *at = *at + *delta * weight;
    }
}
