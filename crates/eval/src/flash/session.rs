//! What is kept of one simulated check: numbers, one line of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use verilume_liveness::flash::{FlashOutcome, FlashReport, UncertainCause};
use verilume_sim::{Device, SkinTone, Species};

use super::{Sent, SimulatedRun};

/// Real, spoof or could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted.
    Real,
    /// Rejected.
    Spoof,
    /// Could not tell.
    Uncertain,
}

/// The summary of one simulated check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulatedSession {
    /// The seed.
    pub seed: u64,
    /// Who or what was before the camera.
    pub species: Species,
    /// The device.
    pub device: Device,
    /// The challenge's profile.
    pub profile: String,
    /// Illuminance of the room, lux.
    pub lux: f32,
    /// Distance of the eyes, centimetres.
    pub distance_cm: f32,
    /// Skin tone, 1 the lightest to 6 the darkest.
    pub skin_tone: SkinTone,
    /// Whether glasses were worn.
    pub glasses: bool,
    /// Real, spoof or uncertain.
    pub outcome: Outcome,
    /// What kept it from being accepted: the tests that deny, or the cause of the uncertainty. Empty if accepted.
    pub stopped_by: Vec<String>,
    /// Tests that neither supported nor denied.
    pub undecided: Vec<String>,
    /// Every measured value by its signal's name, the strength of the response (`response_z`, `contrast`,
    /// `slot_energy`) and `camera_reaction`.
    pub values: BTreeMap<String, f64>,
    /// The p-value of test 1 against a challenge that was not shown.
    pub wrong_challenge_p: Option<f64>,
    /// Frames with a usable face.
    pub frames: usize,
    /// Background blocks used.
    pub blocks: usize,
    /// What the check cost on the wire; `None` where every frame was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

impl SimulatedSession {
    pub(super) fn new(run: &SimulatedRun, wrong_challenge_p: Option<f64>) -> Self {
        let scenario = &run.scenario;
        let (outcome, stopped_by) = match &run.report {
            Some(report) => verdict(&report.outcome),
            None => (Outcome::Uncertain, vec!["no_face".to_owned()]),
        };
        let measured = run.report.as_ref().and_then(|report| report.measurements.as_ref());
        Self {
            seed: run.seed,
            species: scenario.species,
            device: scenario.device,
            profile: scenario.profile.name().to_owned(),
            lux: scenario.lux,
            distance_cm: scenario.distance_cm,
            skin_tone: scenario.skin_tone,
            glasses: scenario.wears_glasses,
            outcome,
            stopped_by,
            undecided: run.report.as_ref().map(undecided).unwrap_or_default(),
            values: run.report.as_ref().map(values).unwrap_or_default(),
            wrong_challenge_p,
            frames: measured.map_or(0, |measured| measured.frames),
            blocks: measured.map_or(0, |measured| measured.blocks),
            sent: None,
        }
    }
}

fn verdict(outcome: &FlashOutcome) -> (Outcome, Vec<String>) {
    match outcome {
        FlashOutcome::Real => (Outcome::Real, Vec::new()),
        FlashOutcome::Spoof { stopped_by } => {
            (Outcome::Spoof, stopped_by.iter().map(|name| (*name).to_owned()).collect())
        }
        FlashOutcome::Uncertain(cause) => (Outcome::Uncertain, vec![cause.code().to_owned()]),
        _ => (Outcome::Uncertain, Vec::new()),
    }
}

fn undecided(report: &FlashReport) -> Vec<String> {
    match &report.outcome {
        FlashOutcome::Uncertain(UncertainCause::Inconclusive { undecided }) => {
            undecided.iter().map(|name| (*name).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn values(report: &FlashReport) -> BTreeMap<String, f64> {
    let measured = report.signals.iter().filter_map(|signal| Some((signal.name.to_owned(), signal.value?)));
    let strength = report.measurements.iter().flat_map(|measured| {
        let response_z = measured.face_z.iter().sum::<f64>() / 3.0;
        let always = [
            ("response_z", response_z),
            ("contrast", measured.contrast),
            ("slot_energy", measured.slot_energy),
        ];
        always.into_iter().chain(measured.camera_reaction.map(|reaction| ("camera_reaction", reaction)))
    });
    measured.chain(strength.map(|(name, value)| (name.to_owned(), value))).collect()
}
