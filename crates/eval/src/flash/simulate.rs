//! One simulated check through the real pipeline: rendered frames, networks, traces, judgement.

use std::time::Duration;

use verilume_liveness::flash::{DeviceGeometry, ExtractConfig, FlashConfig, FlashReport, FlashTraces, judge};
use verilume_liveness::observe::{FlashModels, FlashObserver};
use verilume_protocol::challenge::{FlashProfile, ScreenTimeline};
use verilume_sim::{
    self as sim, Device, Heads, Scenario, ScenarioLimits, Session, SimFrame, planned, random_challenge,
};
use verilume_vision::models::ModelError;

use super::recording::{SessionRecord, Simulation};
use super::{Evidence, SimulatedSession};
use crate::parallel::each_on;

/// Turns a session's seed into that of a challenge which the session was not shown.
const ANOTHER: u64 = 0x5eed_0f0a_9074_ea5e;

/// Simulates checks and judges them.
#[derive(Debug)]
pub struct Simulator {
    heads: Heads,
    pub(super) models: FlashModels,
    pub(super) extract: ExtractConfig,
    pub(super) config: FlashConfig,
}

/// A simulated check with what went into it and what came out.
#[derive(Debug)]
pub struct SimulatedRun {
    /// The seed of everything random about it.
    pub seed: u64,
    /// Who or what was before which camera.
    pub scenario: Scenario,
    /// The challenge as it was shown, seconds since the first frame.
    pub timeline: ScreenTimeline,
    /// What was measured; `None` if no frame held a face.
    pub traces: Option<FlashTraces>,
    /// What the flashing light model says; `None` without traces.
    pub report: Option<FlashReport>,
}

impl Simulator {
    /// A simulator with the detector as it is configured by default.
    pub fn new(heads: Heads, models: FlashModels) -> Self {
        Self { heads, models, extract: ExtractConfig::default(), config: FlashConfig::default() }
    }

    pub(super) fn heads(&self) -> &Heads {
        &self.heads
    }

    pub(super) fn models(&self) -> &FlashModels {
        &self.models
    }

    /// How the captures are judged.
    pub fn config(&self) -> &FlashConfig {
        &self.config
    }

    /// Renders and judges the check of a seed. `tap` sees every frame, simulated pixels and all.
    pub fn run(
        &self,
        seed: u64,
        limits: &ScenarioLimits,
        mut tap: impl FnMut(&SimFrame),
    ) -> Result<SimulatedRun, ModelError> {
        let scenario = Scenario::random(seed, limits);
        let challenge = random_challenge(scenario.profile, seed);
        let shown = sim::ScreenTimeline::planned(&challenge);
        let mut session = Session::new(&self.heads, &scenario, seed);
        let mut capture = FlashObserver::new(&self.models, self.extract);
        for frame in session.frames_until(duration(&scenario.profile), &shown) {
            tap(&frame);
            capture.push(frame.frame.view(), frame.frame.captured_at)?;
        }
        let timeline = planned(&challenge);
        let traces = capture.finish();
        let report =
            traces.as_ref().map(|traces| judge(traces, &timeline, &geometry(scenario.device), &self.config));
        Ok(SimulatedRun { seed, scenario, timeline, traces, report })
    }

    /// The summary of a run, with the p-value of a challenge that was not shown: what test 1 says of a video that
    /// does not depend on the challenge.
    pub fn summary(&self, run: &SimulatedRun) -> SimulatedSession {
        let another = random_challenge(run.scenario.profile, run.seed ^ ANOTHER);
        let judged = run
            .traces
            .as_ref()
            .map(|traces| judge(traces, &planned(&another), &geometry(run.scenario.device), &self.config));
        let wrong_challenge_p = judged.and_then(|report| report.measurements?.challenge_p);
        SimulatedSession::new(run, wrong_challenge_p)
    }
}

impl SimulatedRun {
    /// What a recording of this check says besides its frames.
    pub fn record(&self) -> SessionRecord {
        SessionRecord {
            timeline: self.timeline.clone(),
            device: geometry(self.scenario.device),
            device_name: format!("{:?}", self.scenario.device).to_lowercase(),
            simulation: Some(Simulation {
                species: self.scenario.species.name().to_owned(),
                seed: self.seed,
            }),
        }
    }
}

/// How long a capture of a profile lasts.
fn duration(profile: &FlashProfile) -> Duration {
    Duration::from_millis(profile.duration_ms().into())
}

/// What a server knows of a simulated device.
pub(super) fn geometry(device: Device) -> DeviceGeometry {
    match device {
        Device::Tablet => DeviceGeometry::tablet(),
        Device::Laptop => DeviceGeometry::laptop(),
        _ => DeviceGeometry::phone(),
    }
}

/// Simulates many checks on `jobs` threads. The result has the order of the seeds whatever the number of threads;
/// `done` hears of each as it ends.
pub fn simulate_all(
    simulator: &Simulator,
    seeds: &[u64],
    limits: &ScenarioLimits,
    evidence: Evidence,
    jobs: usize,
    done: impl Fn() + Sync,
) -> Result<Vec<SimulatedSession>, ModelError> {
    each_on(jobs, seeds, |seed| {
        let session = simulator.session(*seed, limits, evidence)?;
        done();
        Ok(session)
    })
}
