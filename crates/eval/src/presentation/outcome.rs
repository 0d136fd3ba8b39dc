//! What came out of one capture.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use verilume_liveness::fusion::{Decision, LivenessReport};

/// What came out of one capture: numbers and words, no pixel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The decision; `None` if the capture could not be analysed.
    pub decision: Option<Decision>,
    /// 0..=1, 1 = live; `None` if nothing was measured.
    pub score: Option<f64>,
    /// Log-likelihood ratio of all cues together, nats.
    pub llr: Option<f64>,
    /// The values of the signals that have one, by name.
    pub signals: BTreeMap<String, f64>,
    /// Why, most important first; for a capture that could not be analysed, what stood in the way.
    pub reasons: Vec<ReasonRecord>,
}

/// A reason, kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRecord {
    /// Stable, snake_case.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl Outcome {
    /// What a report comes to.
    pub fn of(report: &LivenessReport) -> Self {
        let values = report.signals.iter().filter_map(|signal| Some((signal.name, signal.value?)));
        let reasons = report
            .reasons
            .iter()
            .map(|reason| ReasonRecord { code: reason.code.to_owned(), message: reason.message.clone() });
        Self {
            decision: Some(report.decision),
            score: report.score.map(rounded),
            llr: report.llr.map(rounded),
            signals: values.map(|(name, value)| (name.to_owned(), rounded(value))).collect(),
            reasons: reasons.collect(),
        }
    }

    /// A capture that could not be analysed.
    pub fn not_analysed(code: impl Into<String>, message: impl Into<String>) -> Self {
        let reason = ReasonRecord { code: code.into(), message: message.into() };
        Self { decision: None, score: None, llr: None, signals: BTreeMap::new(), reasons: vec![reason] }
    }

    /// Whether it could be analysed.
    pub fn is_analysed(&self) -> bool {
        self.decision.is_some()
    }
}

/// Nine decimals: far below any noise, and the same number after a file was written and read.
fn rounded(value: f64) -> f64 {
    if value.abs() < 1e6 { (value * 1e9).round() / 1e9 } else { value }
}
