//! The evaluation of the static image model on simulated holds: a second and a half before the flashes.

mod report;

pub use report::report;

use std::time::Duration;

use serde::Serialize;
use verilume_frame::Frame;
use verilume_liveness::fusion::{Decision, FusionConfig};
use verilume_liveness::periphery::PeripheryOutcome;
use verilume_sim::{
    Device, DisplayBuild, Heads, Range, Scenario, ScenarioLimits, ScreenColours, ScreenTimeline, Session,
    ShapeSet, Species,
};
use verilume_vision::TrackerConfig;
use verilume_vision::models::ModelError;

use crate::flash::evaluation::Seeds;
use crate::parallel::each_on;
use crate::{AnalysisModels, CaptureAnalyzer};

/// How long people hold still before the flashes.
pub const HOLD: Duration = Duration::from_millis(1500);
/// How much of it a virtual camera repeats.
const LOOP: Duration = Duration::from_millis(500);

/// Who or what holds before which camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scene {
    /// A person with the device in the hand, before a wall at 0.8 to 3 m.
    Live,
    /// A person before a device that stands.
    LiveAtDesk,
    /// A flat print with its own background, in a hand.
    FlatPrint,
    /// A bent print with its own background, in a hand.
    BentPrint,
    /// A flat print that is pinned before a device that stands: nothing moves.
    PinnedPrint,
    /// A flat print cut out along the person, before the real room.
    CutOut,
    /// A display that shows a photo or a video.
    Replay,
    /// A display that shows a genuine session, parallax and all.
    ReplaySession,
    /// A paper mask with holes for the eyes, worn.
    PaperMask,
    /// Half a second of a genuine recording, fed again and again in place of the camera.
    VirtualCameraLoop,
    /// A phone or tablet that shows a genuine session: bezel, a lamp in the glass, a fine lattice.
    PhoneReplay,
    /// The same on a monitor.
    MonitorReplay,
}

impl Scene {
    /// All scenes.
    pub const ALL: [Self; 12] = [
        Self::Live,
        Self::LiveAtDesk,
        Self::FlatPrint,
        Self::BentPrint,
        Self::PinnedPrint,
        Self::CutOut,
        Self::Replay,
        Self::ReplaySession,
        Self::PaperMask,
        Self::VirtualCameraLoop,
        Self::PhoneReplay,
        Self::MonitorReplay,
    ];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LiveAtDesk => "live-at-desk",
            Self::FlatPrint => "flat-print",
            Self::BentPrint => "bent-print",
            Self::PinnedPrint => "pinned-print",
            Self::CutOut => "cut-out",
            Self::Replay => "replay",
            Self::ReplaySession => "replay-session",
            Self::PaperMask => "paper-mask",
            Self::VirtualCameraLoop => "virtual-camera-loop",
            Self::PhoneReplay => "phone-replay",
            Self::MonitorReplay => "monitor-replay",
        }
    }

    /// Whether it is a person.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::LiveAtDesk)
    }

    /// Whether the model is made for it: people, and prints that carry their background.
    fn is_within_reach(self) -> bool {
        self.is_live() || matches!(self, Self::FlatPrint | Self::BentPrint | Self::PinnedPrint)
    }

    fn limits(self, shapes: ShapeSet) -> ScenarioLimits {
        let (species, device) = match self {
            Self::Live | Self::VirtualCameraLoop => (Species::BonaFide, Device::Phone),
            Self::LiveAtDesk => (Species::BonaFide, Device::Laptop),
            Self::FlatPrint => (Species::FlatPrint, Device::Phone),
            Self::BentPrint => (Species::BentPrint, Device::Phone),
            Self::PinnedPrint => (Species::FlatPrint, Device::Laptop),
            Self::CutOut => (Species::CutOut, Device::Phone),
            Self::Replay => (Species::ReplayStatic, Device::Phone),
            Self::ReplaySession | Self::PhoneReplay | Self::MonitorReplay => {
                (Species::ReplaySession, Device::Phone)
            }
            Self::PaperMask => (Species::PaperMask, Device::Phone),
        };
        let usual = ScenarioLimits::default();
        let display = match self {
            Self::PhoneReplay => DisplayBuild::Phone,
            Self::MonitorReplay => DisplayBuild::Monitor,
            _ => DisplayBuild::Bare,
        };
        let motion = if self == Self::PinnedPrint { Range::exactly(0.0) } else { usual.motion };
        ScenarioLimits {
            species,
            devices: vec![device],
            lux: Range::new(50.0, 1000.0),
            shapes,
            motion,
            display,
            ..usual
        }
    }
}

/// One simulated hold and what came out.
#[derive(Debug, Clone, Serialize)]
pub struct Hold {
    /// Who or what.
    pub scene: Scene,
    /// The seed of everything random about it.
    pub seed: u64,
    /// What the static image model says by itself.
    pub periphery: PeripheryOutcome,
    /// The decision on all static evidence.
    pub decision: Decision,
    /// Whether any frame held a face.
    pub has_face: bool,
    /// The value of each signal that has one.
    pub values: Vec<(&'static str, f64)>,
}

/// Seeds of one scene.
const CELL: u64 = 1_960;
/// The flash evaluation begins each of its cells further down.
const BEYOND_FLASH: u64 = 1_000;
/// Cells of B whose seeds were reported on with earlier models: what is reported now must come from others.
const SPENT_CELLS_OF_B: u64 = 12;

/// The seeds of a scene that may be used.
fn seeds_of(seeds: Seeds, scene: usize) -> std::ops::Range<u64> {
    let (first, spent_cells) = if seeds == Seeds::A { (0, 0) } else { (400_000, SPENT_CELLS_OF_B) };
    let cell = first + (spent_cells + scene as u64) * CELL;
    cell + BEYOND_FLASH..cell + CELL
}

/// The holds of a run: `count` of each scene that the model is made for, and a third as many of the others; at most what
/// the seeds of a scene allow.
pub fn plan(seeds: Seeds, count: u64) -> Vec<(Scene, u64)> {
    let scenes = Scene::ALL.into_iter().enumerate();
    let holds = scenes.flat_map(|(at, scene)| {
        let count = if scene.is_within_reach() { count } else { count.div_ceil(3) };
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        seeds_of(seeds, at).take(most).map(move |seed| (scene, seed))
    });
    holds.collect()
}

/// Simulates the holds of a plan; `done` hears of each as it ends.
pub fn run(
    heads: &Heads,
    models: &AnalysisModels,
    seeds: Seeds,
    holds: &[(Scene, u64)],
    jobs: usize,
    done: impl Fn() + Sync,
) -> Result<Vec<Hold>, ModelError> {
    each_on(jobs, holds, |(scene, seed)| {
        hold(heads, models, *scene, *seed, seeds.shapes()).inspect(|_| done())
    })
}

/// The first half second in place of every one that follows.
fn looped(frames: &mut [Frame]) {
    let Some(began) = frames.first().map(|frame| frame.captured_at) else { return };
    let period = frames.iter().filter(|frame| frame.captured_at - began < LOOP).count();
    for at in period..frames.len() {
        frames[at] = Frame { captured_at: frames[at].captured_at, ..frames[at - period].clone() };
    }
}

fn hold(
    heads: &Heads,
    models: &AnalysisModels,
    scene: Scene,
    seed: u64,
    shapes: ShapeSet,
) -> Result<Hold, ModelError> {
    let scenario = Scenario::random(seed, &scene.limits(shapes));
    let grey = ScreenTimeline::new(ScreenColours::uniform([0.5; 3]));
    let mut session = Session::new(heads, &scenario, seed);
    let untimed = || Duration::ZERO;
    let mut analyzer = CaptureAnalyzer::new(models, TrackerConfig::default(), &untimed);
    let mut frames: Vec<Frame> = session.frames_until(HOLD, &grey).map(|frame| frame.frame).collect();
    if scene == Scene::VirtualCameraLoop {
        looped(&mut frames);
    }
    for frame in &frames {
        analyzer.push(frame)?;
    }
    let report = analyzer.finish(&FusionConfig::default(), &[]);
    let liveness = report.liveness;
    Ok(Hold {
        scene,
        seed,
        periphery: liveness.periphery,
        decision: liveness.decision,
        has_face: report.frames.with_face > 0,
        values: liveness.signals.iter().filter_map(|signal| Some((signal.name, signal.value?))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_seed_is_used_twice_and_people_and_prints_have_the_most() {
        for (seeds, range) in [(Seeds::A, 0..400_000), (Seeds::B, 400_000 + 12 * CELL..500_000)] {
            let holds = plan(seeds, 300);
            let all: HashSet<u64> = holds.iter().map(|(_, seed)| *seed).collect();
            assert_eq!(all.len(), holds.len());
            assert!(all.iter().all(|seed| range.contains(seed)));
            let count = |scene| holds.iter().filter(|(one, _)| *one == scene).count();
            assert_eq!((count(Scene::Live), count(Scene::BentPrint), count(Scene::CutOut)), (300, 300, 100));
        }
    }
}
