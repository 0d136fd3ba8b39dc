//! Which sessions an evaluation simulates.

use verilume_sim::{Range, ScenarioLimits, ShapeSet, Species};

use crate::flash::SimulatedSession;

/// Illuminances for people, lux: those to accept, then the limit, then daylight.
const BONA_FIDE_LUX: [f32; 6] = [50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0];
/// Illuminances for attacks, lux.
const ATTACK_LUX: [f32; 3] = [100.0, 300.0, 1000.0];

/// Whose seeds and heads. A fixed part of them belongs to each cell, so that more sessions never change earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeds {
    /// 0 to 399 999 and the first half of the head shapes: for tuning.
    A,
    /// 400 000 to 499 999 and the other half: for the report.
    B,
}

/// How the seeds of a range are dealt out.
struct Layout {
    first: u64,
    /// Seeds of one cell.
    stride: u64,
    /// Seeds at the start of each cell that are never used (again).
    spent: u64,
}

impl Seeds {
    /// The first 120 of each cell of B were reported on with earlier thresholds and looked at since: what is
    /// reported now must come from others.
    fn layout(self) -> Layout {
        match self {
            Self::A => Layout { first: 0, stride: 7_800, spent: 0 },
            Self::B => Layout { first: 400_000, stride: 1_960, spent: 120 },
        }
    }

    /// The shapes of the heads.
    pub fn shapes(self) -> ShapeSet {
        match self {
            Self::A => ShapeSet::A,
            Self::B => ShapeSet::B,
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// One species in one light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Who or what.
    pub species: Species,
    /// Illuminance of the room, lux.
    pub lux: f32,
    /// Seed of the first session; the others follow one by one.
    pub first_seed: u64,
    /// How many.
    pub sessions: u64,
}

impl Cell {
    /// What its scenarios are drawn from: a phone of 400 nit at 24 to 38 cm, every skin tone.
    pub fn limits(&self, seeds: Seeds) -> ScenarioLimits {
        ScenarioLimits {
            species: self.species,
            lux: Range::exactly(self.lux),
            shapes: seeds.shapes(),
            ..ScenarioLimits::default()
        }
    }
}

/// All cells of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whose seeds.
    pub seeds: Seeds,
    /// Every species in every light.
    pub cells: Vec<Cell>,
}

impl Plan {
    /// Sessions for each light level of people and for each attack species over its levels together (rounded up to a
    /// multiple of them), a third as many of the declared misses; at most what the seeds of a cell allow.
    pub fn new(seeds: Seeds, bona_fide_a_level: u64, sessions_an_attack: u64) -> Self {
        let people = BONA_FIDE_LUX.map(|lux| (Species::BonaFide, lux, bona_fide_a_level));
        let each = sessions_an_attack.div_ceil(ATTACK_LUX.len() as u64);
        let attacks = Species::ALL.into_iter().filter(|species| species.is_attack());
        let attacks = attacks.flat_map(|species| {
            let sessions = if species.is_declared_miss() { each.div_ceil(3) } else { each };
            ATTACK_LUX.map(|lux| (species, lux, sessions))
        });
        let Layout { first, stride, spent } = seeds.layout();
        let cells = people.into_iter().chain(attacks).zip(0..).map(|((species, lux, sessions), at)| Cell {
            species,
            lux,
            first_seed: first + at * stride + spent,
            sessions: sessions.min(stride - spent),
        });
        Self { seeds, cells: cells.collect() }
    }

    /// How many sessions there are.
    pub fn session_count(&self) -> u64 {
        self.cells.iter().map(|cell| cell.sessions).sum()
    }

    /// Whether a session is one of this plan's.
    pub fn holds(&self, session: &SimulatedSession) -> bool {
        let of = |cell: &Cell| {
            let seeds = cell.first_seed..cell.first_seed + cell.sessions;
            cell.species == session.species && seeds.contains(&session.seed)
        };
        self.cells.iter().any(of)
    }

    /// All sessions, every cell's first, then every cell's second, and on: a run that is stopped has seen a bit of
    /// everything.
    pub fn sessions(&self) -> impl Iterator<Item = (Cell, u64)> {
        let most = self.cells.iter().map(|cell| cell.sessions).max().unwrap_or(0);
        (0..most).flat_map(|at| {
            self.cells
                .iter()
                .filter(move |cell| at < cell.sessions)
                .map(move |cell| (*cell, cell.first_seed + at))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_seed_is_used_twice_or_outside_its_range() {
        for (seeds, range) in [(Seeds::A, 0..400_000), (Seeds::B, 400_000..500_000)] {
            let plan = Plan::new(seeds, u64::MAX, u64::MAX);
            let mut seen = HashSet::new();
            for (_, seed) in plan.sessions() {
                assert!(range.contains(&seed), "{seed}");
                assert!(seen.insert(seed), "{seed} twice");
            }
        }
    }

    #[test]
    fn a_longer_run_keeps_the_sessions_of_a_shorter_one() {
        let longer: HashSet<_> = Plan::new(Seeds::B, 200, 600).sessions().map(|(_, seed)| seed).collect();
        assert!(Plan::new(Seeds::B, 100, 200).sessions().all(|(_, seed)| longer.contains(&seed)));
    }
}
