//! Traces and challenge in, evidence and outcome out.

use serde::Serialize;
use verilume_protocol::challenge::ScreenTimeline;

use super::background::{background_ratio, background_signal};
use super::challenge::{challenge_p, challenge_signal};
use super::config::FlashConfig;
use super::coverage::{coverage, coverage_signal, evenness, evenness_signal, second_colour_signal};
use super::decision::{FlashOutcome, Strength, UncertainCause, decide};
use super::device::DeviceGeometry;
use super::environment::EnvironmentEstimate;
use super::exact::ExactP;
use super::lag::lag_signal;
use super::measure::{Measurement, Unmeasurable};
use super::reaction::LEAST_CONTRAST;
use super::series::GainMode;
use super::shading::{HeadFit, ShadingFit, head_fit, shading_signals, shading_template, spread};
use super::thresholds::FlashThresholds;
use super::top_bottom::{share_template, top_bottom_fit, top_bottom_signal};
use super::traces::FlashTraces;
use crate::Signal;

/// What the flashing light gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlashReport {
    /// The outcome of this model alone.
    pub outcome: FlashOutcome,
    /// Every test with value, threshold and reason; empty if nothing could be measured.
    pub signals: Vec<Signal>,
    /// The measurements behind the tests, to draw and to tune by.
    pub measurements: Option<FlashMeasurements>,
}

/// The measurements behind the tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlashMeasurements {
    /// How the camera's gain was taken out.
    pub mode: GainMode,
    /// Frames used.
    pub frames: usize,
    /// Background blocks used.
    pub blocks: usize,
    /// The exact p-value of test 1, 0..=1.
    pub challenge_p: Option<f64>,
    /// Lag of the answer behind the screen, seconds.
    pub lag_secs: f64,
    /// Lag found without the codes, seconds: the one test 1 uses.
    pub blind_lag_secs: f64,
    /// Lag tried (seconds) and share of the face's variance left unexplained.
    pub lag_curve: Vec<(f64, f64)>,
    /// Variance of the answer between slots over its squared error, found without the codes.
    pub slot_energy: f64,
    /// Level of each slot of the median cell by channel, found without the codes.
    pub slot_levels: [Vec<f64>; 3],
    /// Level of each slot of the upper less the lower face by channel, found without the codes.
    pub slot_differences: [Vec<f64>; 3],
    /// Answer of the median cell by channel and half (top, bottom): change of log light per unit of drive.
    pub face_gain: [[f64; 2]; 3],
    /// Answer of the median cell in standard errors, by channel.
    pub face_z: [f64; 3],
    /// Change of the median cell's light from a black to a white screen over its light at mid-grey, mean over the
    /// channels, 0..=2.
    pub contrast: f64,
    /// Share of the cells that answer.
    pub coverage: Option<f64>,
    /// The background's answer over the face's.
    pub background_ratio: Option<f64>,
    /// Coefficient of this head's predicted shading, sum and share of the halves joined.
    pub shading_beta: Option<f64>,
    /// Signed root of F of this head's predicted shading.
    pub shading_root_f: Option<f64>,
    /// Upper over lower quartile of the gains over the face.
    pub shading_spread: Option<f64>,
    /// Signed root of F of the top/bottom ratio's shape.
    pub top_bottom_root_f: Option<f64>,
    /// How clearly the camera's exposure followed the screen's light, standard errors: positive if the background darkened
    /// where the screen brightened. `None` with too little background, or where the screen is weak against the room.
    pub camera_reaction: Option<f64>,
    /// The light as far as it can be told.
    pub environment: EnvironmentEstimate,
    /// The gain of each cell that could be used.
    pub cells: Vec<CellGain>,
}

/// The answer of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CellGain {
    /// Number of the cell, row by row from the forehead.
    pub cell: usize,
    /// Its gain over the median cell's.
    pub gain: f64,
    /// Standard error of `gain`.
    pub error: f64,
    /// The irradiance predicted for this head, over the median cell's.
    pub predicted: f64,
    /// What it gets from the screen's upper half less what it gets from the lower, over both, as predicted; -1..=1.
    pub predicted_share: f64,
}

/// Judges a capture. `timeline` is the challenge as it was shown, in seconds on the clock of the capture.
///
/// Total: no traces make it panic; traces that cannot be measured give an uncertain outcome with the cause.
pub fn judge(
    traces: &FlashTraces,
    timeline: &ScreenTimeline,
    device: &DeviceGeometry,
    config: &FlashConfig,
) -> FlashReport {
    let measured = match Measurement::new(traces, timeline, device, &config.measure) {
        Ok(measured) => measured,
        Err(why) => {
            return FlashReport { outcome: unmeasurable(why), signals: Vec::new(), measurements: None };
        }
    };
    let bounds = &config.thresholds;
    let findings = Findings::new(&measured, timeline, config);
    let required = findings.required_signals(&measured, bounds);
    let response_z = measured.median.mean_z();
    let advisory = [top_bottom_signal(findings.halves, response_z, bounds)];
    let strength =
        Strength { response_z, contrast: measured.contrast(), slot_energy: measured.blind.slot_energy };
    let environment = environment_of(&measured, timeline);
    let outcome = decide(&required, &advisory, strength, bounds, || environment.clone());
    let signals = required.into_iter().chain(advisory).collect();
    FlashReport { outcome, signals, measurements: Some(findings.measurements(&measured, environment)) }
}

/// The numbers of all tests.
struct Findings {
    p: Option<ExactP>,
    coverage: Option<f64>,
    evenness: Option<f64>,
    fit: Option<HeadFit>,
    background_ratio: Option<f64>,
    halves: Option<ShadingFit>,
}

impl Findings {
    fn new(measured: &Measurement, timeline: &ScreenTimeline, config: &FlashConfig) -> Self {
        let config = &config.measure;
        let halves = top_bottom_fit(measured, config);
        Self {
            p: challenge_p(&measured.blind, timeline, config),
            coverage: coverage(measured, config),
            evenness: evenness(measured),
            fit: head_fit(measured, halves, config),
            background_ratio: background_ratio(measured, config.min_blocks),
            halves,
        }
    }

    /// The signals of which every one must support.
    fn required_signals(&self, measured: &Measurement, bounds: &FlashThresholds) -> Vec<Signal> {
        let mut signals = vec![
            challenge_signal(self.p, bounds),
            coverage_signal(self.coverage, bounds),
            evenness_signal(self.evenness, bounds),
            second_colour_signal(measured, bounds),
        ];
        signals.extend(shading_signals(self.fit, self.evenness.map(spread), bounds));
        signals.push(background_signal(self.background_ratio, bounds));
        signals.push(lag_signal(measured.lag.lag_secs, bounds));
        signals
    }

    fn measurements(&self, measured: &Measurement, environment: EnvironmentEstimate) -> FlashMeasurements {
        FlashMeasurements {
            mode: measured.mode,
            frames: measured.frames,
            blocks: measured.block_gains.len(),
            challenge_p: self.p.map(ExactP::p),
            lag_secs: measured.lag.lag_secs,
            blind_lag_secs: measured.blind.lag_secs,
            lag_curve: measured.lag.curve.clone(),
            slot_energy: measured.blind.slot_energy,
            slot_levels: std::array::from_fn(|channel| measured.blind.levels[channel].clone()),
            slot_differences: std::array::from_fn(|channel| measured.blind.levels[channel + 3].clone()),
            face_gain: measured.median.half,
            face_z: std::array::from_fn(|channel| measured.median.z(channel)),
            contrast: measured.contrast(),
            coverage: self.coverage,
            background_ratio: self.background_ratio,
            shading_beta: self.fit.map(|fit| fit.joined.beta),
            shading_root_f: self.fit.map(|fit| fit.joined.signed_root_f),
            shading_spread: self.evenness.map(spread),
            top_bottom_root_f: self.halves.map(|fit| fit.signed_root_f),
            camera_reaction: measured.camera_reaction.filter(|_| measured.contrast() >= LEAST_CONTRAST),
            environment,
            cells: cell_gains(measured),
        }
    }
}

fn environment_of(measured: &Measurement, timeline: &ScreenTimeline) -> EnvironmentEstimate {
    EnvironmentEstimate::new(measured, timeline.profile().high() - timeline.profile().low())
}

fn cell_gains(measured: &Measurement) -> Vec<CellGain> {
    let predicted = shading_template(measured).unwrap_or_else(|| vec![0.0; measured.cells.len()]);
    let (pooled, shares) = (measured.pooled(), share_template(measured));
    let cells = measured.cells.iter().enumerate().map(|(at, cell)| CellGain {
        cell: cell.index,
        gain: pooled[at].0,
        error: pooled[at].1,
        predicted: predicted[at],
        predicted_share: shares[at],
    });
    cells.collect()
}

fn unmeasurable(why: Unmeasurable) -> FlashOutcome {
    FlashOutcome::Uncertain(match why {
        Unmeasurable::TooFewFrames => UncertainCause::TooFewFrames,
        Unmeasurable::TooLittleFace => UncertainCause::TooLittleFace,
        Unmeasurable::FaceClippedOrDark => UncertainCause::FaceTooBrightOrDark,
    })
}
