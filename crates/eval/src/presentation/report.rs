//! What a run comes to: report.json. Its fields are documented in docs/reference/evaluation-report.md.

use std::collections::BTreeSet;

use serde::Serialize;
use verilume_liveness::fusion::{Decision, ExpectedRate, FusionConfig};

use super::metrics::RESAMPLES;
use super::sample::{Observation, Sample};
use super::{
    Baseline, Capture, Comparison, Decisions, Label, Manifest, Metrics, Outcome, ReasonRecord, Setting,
};

/// Version of report.json.
const REPORT_VERSION: u32 = 1;
/// Failures of each kind that are listed, the worst first.
const LISTED_FAILURES: usize = 50;
/// Below so many captures of a class or species the report says what they cannot show. Origin: the rule of three gives
/// 1 % from 300 on.
const FEW_CAPTURES: usize = 300;

/// What is to be reported besides the rates.
#[derive(Debug, Clone, Default)]
pub struct ReportRequest<'a> {
    /// The manifest's file name.
    pub manifest: String,
    /// Which split was chosen.
    pub split: Option<String>,
    /// The column that the manifest was opened with, for the rates of each of its values.
    pub by: Option<String>,
    /// Another system's scores.
    pub baseline: Option<&'a Baseline>,
    /// Groups that the calibration was fitted to and that are judged all the same.
    pub training_groups: u64,
}

/// Everything a run comes to, without a pixel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The manifest's file name.
    pub manifest: String,
    /// Which split was chosen.
    pub split: Option<String>,
    /// Version, models and calibration.
    pub setting: Setting,
    /// Where decisions were made, and which rates the calibration expects there.
    pub operating_point: Expected,
    /// What was evaluated.
    pub captures: Counts,
    /// How the intervals were made.
    pub intervals: Intervals,
    /// The rates.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// The rates of each value of a column, if asked for.
    pub by: Option<ByColumn>,
    /// Another system beside this one, if asked for.
    pub baseline: Option<Comparison>,
    /// Attacks called real, those most surely first.
    pub attacks_called_real: Vec<Failed>,
    /// Live captures not called real, those furthest from it first.
    pub live_not_accepted: Vec<Failed>,
    /// What the numbers do not show.
    pub caveats: Vec<String>,
}

/// Where decisions were made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// Real from this log-likelihood ratio, nats.
    pub real_at_least: f64,
    /// Spoof up to this one, nats.
    pub spoof_at_most: f64,
    /// Live captures that the calibration expects not to be called real; `None` if not known.
    pub expected_bpcer: Option<ExpectedRate>,
    /// Attacks of the worst species that it expects to be called real; `None` if not known.
    pub expected_apcer: Option<ExpectedRate>,
    /// Where the calibration comes from.
    pub calibration_source: String,
    /// When it was made.
    pub calibration_date: String,
    /// Groups of these captures that it was fitted to.
    pub training_groups: u64,
}

/// What was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Captures of people.
    pub live: u64,
    /// Captures of attacks.
    pub spoof: u64,
    /// Captures of both that could not be analysed.
    pub not_analysed: u64,
}

/// How the intervals were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Intervals {
    /// What was resampled: `group`, or `capture` if there are no groups.
    pub clustered_on: &'static str,
    /// How many of them there are.
    pub clusters: u64,
    /// How often they were drawn.
    pub resamples: u64,
}

/// The rates of each value of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByColumn {
    /// The column.
    pub column: String,
    /// Its values, in order; captures without one are together under an empty one.
    pub values: Vec<ByValue>,
}

/// The rates of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByValue {
    /// The value.
    pub value: String,
    /// What was decided on its captures.
    pub decisions: Decisions,
}

/// A capture that was decided wrongly, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failed {
    /// The capture.
    pub capture: String,
    /// The path of its first file.
    pub path: String,
    /// Its species; empty for a live capture.
    pub attack_type: String,
    /// What was decided; `None` if it could not be analysed.
    pub decision: Option<Decision>,
    /// 0..=1, 1 = live.
    pub score: Option<f64>,
    /// Why.
    pub reasons: Vec<ReasonRecord>,
}

impl Report {
    /// Counts and measures. `outcomes` are those of the manifest's captures, in their order.
    pub fn new(
        manifest: &Manifest,
        outcomes: &[Outcome],
        config: &FusionConfig,
        setting: Setting,
        request: &ReportRequest<'_>,
    ) -> Self {
        let both = || manifest.captures.iter().zip(outcomes);
        let sample = Sample::new(&both().map(|(c, o)| Observation::new(c, o)).collect::<Vec<_>>());
        let has_groups = manifest.captures.iter().any(|capture| !capture.truth.group.is_empty());
        let count = |label| manifest.captures.iter().filter(|c| c.truth.label == label).count() as u64;
        let captures = Counts {
            live: count(Label::Live),
            spoof: count(Label::Spoof),
            not_analysed: outcomes.iter().filter(|outcome| !outcome.is_analysed()).count() as u64,
        };
        let intervals = Intervals {
            clustered_on: if has_groups { "group" } else { "capture" },
            clusters: sample.clusters as u64,
            resamples: RESAMPLES as u64,
        };
        let failed = |label| failures(both(), label);
        Self {
            version: REPORT_VERSION,
            manifest: request.manifest.clone(),
            split: request.split.clone(),
            setting,
            operating_point: Expected::new(config, request.training_groups),
            captures,
            metrics: Metrics::of(&sample),
            by: request.by.as_deref().map(|column| by_column(column, manifest, outcomes)),
            baseline: request.baseline.and_then(|baseline| baseline.compare(manifest, outcomes)),
            attacks_called_real: failed(Label::Spoof),
            live_not_accepted: failed(Label::Live),
            caveats: caveats(manifest, captures, &intervals, request),
            intervals,
        }
    }

    /// As JSON, for report.json.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has only plain fields") + "\n"
    }
}

impl Expected {
    fn new(config: &FusionConfig, training_groups: u64) -> Self {
        let point = config.calibration.point(config.mode);
        let provenance = &config.calibration.provenance;
        Self {
            real_at_least: point.real_at_least,
            spoof_at_most: point.spoof_at_most,
            expected_bpcer: point.expected_bpcer,
            expected_apcer: point.expected_apcer,
            calibration_source: provenance.source.clone(),
            calibration_date: provenance.date.clone(),
            training_groups,
        }
    }
}

fn failures<'a>(both: impl Iterator<Item = (&'a Capture, &'a Outcome)>, label: Label) -> Vec<Failed> {
    let is_real = |outcome: &Outcome| outcome.decision == Some(Decision::RealFace);
    let is_wrong = |outcome: &Outcome| is_real(outcome) == (label == Label::Spoof);
    let mut failed: Vec<_> = both.filter(|(c, o)| c.truth.label == label && is_wrong(o)).collect();
    // Attacks from the most surely real on, live captures from the most surely not on.
    let worse = if label == Label::Spoof { -1.0 } else { 1.0 };
    let rank = |outcome: &Outcome| worse * outcome.llr.unwrap_or(f64::NEG_INFINITY);
    failed.sort_by(|(_, a), (_, b)| rank(a).total_cmp(&rank(b)));
    let told = |(capture, outcome): (&Capture, &Outcome)| Failed {
        capture: capture.id.clone(),
        path: capture.path.clone(),
        attack_type: capture.truth.attack_type.clone(),
        decision: outcome.decision,
        score: outcome.score,
        reasons: outcome.reasons.clone(),
    };
    failed.into_iter().take(LISTED_FAILURES).map(told).collect()
}

fn by_column(column: &str, manifest: &Manifest, outcomes: &[Outcome]) -> ByColumn {
    let values: BTreeSet<&String> = manifest.captures.iter().map(|capture| &capture.by).collect();
    let of_value = |of: &String| {
        let those = manifest.captures.iter().zip(outcomes).filter(|(capture, _)| capture.by == *of);
        let seen: Vec<_> = those.map(|(capture, outcome)| Observation::new(capture, outcome)).collect();
        ByValue { value: of.clone(), decisions: Metrics::of(&Sample::new(&seen)).decisions }
    };
    ByColumn { column: column.to_owned(), values: values.into_iter().map(of_value).collect() }
}

/// What the numbers do not show, in words.
fn caveats(
    manifest: &Manifest,
    captures: Counts,
    intervals: &Intervals,
    request: &ReportRequest<'_>,
) -> Vec<String> {
    let mut told = vec![
        "This is no test by an accredited laboratory: the captures, their labels and the choice of attacks are the operator's. An attack that is not among them was not measured.".to_owned(),
        "The captures are recordings, judged by their pixels alone: they cannot answer a flash challenge, and nothing ties them to the moment of a check.".to_owned(),
        "Rates at a fixed BPCER or APCER use a threshold that was chosen on these same captures: on new captures they will be somewhat worse.".to_owned(),
    ];
    if captures.live == 0 || captures.spoof == 0 {
        told.push(
            "One of both classes is missing: thresholds, AUC, EER and the DET curve cannot be given."
                .to_owned(),
        );
    }
    if let Some((species, count)) = smallest(manifest) {
        told.push(format!(
            "No error among n captures leaves a true rate of up to about 3/n possible (95 %, the rule of three). The smallest set here is {species} with {count}: even without an error, up to {:.1} % would be possible.",
            100.0 * (3.0 / count as f64).min(1.0)
        ));
    }
    told.push(match (intervals.clusters < 2, intervals.clustered_on) {
        (true, _) => "All captures are of one group: no interval can be given.".to_owned(),
        (_, "group") => format!(
            "The intervals resample the {} groups as wholes. Figures that rest on a handful of groups have wide and rough intervals; figures that rest on one have none.",
            intervals.clusters
        ),
        _ => "No capture names a group, so the intervals take the captures as independent. Where people, devices or attack instruments repeat, they are too narrow.".to_owned(),
    });
    if captures.not_analysed > 0 {
        told.push(format!(
            "{} captures could not be analysed. They count as non-responses and lie below every threshold.",
            captures.not_analysed
        ));
    }
    if request.training_groups > 0 {
        told.push(format!(
            "The calibration was fitted to {} of the groups that are judged here: the rates are too good.",
            request.training_groups
        ));
    }
    told
}

/// The class or species with the fewest captures, if they are few.
fn smallest(manifest: &Manifest) -> Option<(String, usize)> {
    let name = |capture: &Capture| match capture.truth.label {
        Label::Live => "live".to_owned(),
        Label::Spoof => format!("\u{201c}{}\u{201d}", capture.truth.attack_type),
    };
    let mut counts = std::collections::BTreeMap::new();
    manifest.captures.iter().for_each(|capture| *counts.entry(name(capture)).or_insert(0) += 1);
    counts.into_iter().min_by_key(|(_, count)| *count).filter(|(_, count)| *count < FEW_CAPTURES)
}
