//! A simulated check as it goes over the wire: the capture core decides what is sent, and only that is judged.
//!
//! Device, network and service run in simulated time, so a run is the same on every machine. The service here keeps the
//! transcript and reduces frames; what a real one guards against besides, its own tests show.

mod device;
mod service;

use serde::{Deserialize, Serialize};
use verilume_capture::{CaptureConfig, Terminal};
use verilume_liveness::flash::judge;
use verilume_sim::{Scenario, ScenarioLimits, random_challenge};
use verilume_vision::models::ModelError;

use super::SimulatedSession;
use super::simulate::{SimulatedRun, Simulator, geometry};
use device::Device;
use service::Service;

/// What a check cost on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Bytes of all messages of the device.
    pub bytes: u64,
    /// Frames of the attempt.
    pub frames: u32,
    /// How the capture ended: `finished`, `canceled`, or the code of the error.
    pub ended: String,
}

/// What of the camera's frames is judged.
#[expect(clippy::large_enum_variant, reason = "there is one in a run, and it is copied")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// Every frame, whole.
    EveryFrame,
    /// What the capture core sends.
    Sent(CaptureConfig),
}

impl Simulator {
    /// The summary of a seed's check.
    pub fn session(
        &self,
        seed: u64,
        limits: &ScenarioLimits,
        evidence: Evidence,
    ) -> Result<SimulatedSession, ModelError> {
        match evidence {
            Evidence::EveryFrame => Ok(self.summary(&self.run(seed, limits, |_| ())?)),
            Evidence::Sent(config) => {
                let (run, sent) = self.run_streamed(seed, limits, config)?;
                Ok(SimulatedSession { sent: Some(sent), ..self.summary(&run) })
            }
        }
    }

    /// Renders the check of a seed, captures it as a device does, and judges what was sent.
    pub fn run_streamed(
        &self,
        seed: u64,
        limits: &ScenarioLimits,
        config: CaptureConfig,
    ) -> Result<(SimulatedRun, Sent), ModelError> {
        // What the device sends is encoded once, by the capture core.
        let limits = ScenarioLimits { jpeg_quality: None, ..limits.clone() };
        let scenario = Scenario::random(seed, &limits);
        let challenge = random_challenge(scenario.profile, seed);
        let service = Service::new(challenge, &self.models, self.extract);
        let mut device = Device::new(self, &scenario, seed, config, service);
        let terminal = device.run()?;
        let (service, bytes) = device.into_parts();
        let ended = match &terminal {
            Some(Terminal::Finished { .. }) => "finished".to_owned(),
            Some(Terminal::Failed(failure)) => failure.code.as_str().to_owned(),
            _ => "canceled".to_owned(),
        };
        let sent = Sent { bytes, frames: service.frame_count(), ended };
        let (timeline, traces) = service.finish();
        let report =
            traces.as_ref().map(|traces| judge(traces, &timeline, &geometry(scenario.device), &self.config));
        Ok((SimulatedRun { seed, scenario, timeline, traces, report }, sent))
    }
}
