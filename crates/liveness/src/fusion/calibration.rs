//! What each cue is worth: log-likelihood ratios, and the operating points they were set at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Cue, Signal, Threshold, Verdict};

/// Version of the calibration file.
pub const CALIBRATION_VERSION: u32 = 1;
/// A cue's verdict supports or denies from this log-likelihood ratio. Origin: e to the 1 is the least ratio that Kass and
/// Raftery (J. Am. Stat. Assoc. 1995) call positive evidence.
const VERDICT_LLR: f64 = 1.0;

/// What a passed flash model is worth by default, nats. Origin: of the simulated attacks it must stop, the worst species
/// got through in 1 of 201 sessions (95 % interval to 2.7 %; docs/reference/flash-evaluation.md), of people at least 98 %
/// do. It does not see a mask of a head's shape; if one attack in ten is of that kind, it lets through 12 % of all
/// attacks: ln(0.98 / 0.12).
const FLASH_PASSED: f64 = 2.1;

/// What each cue is worth, with its origin. The file that `verilume calibrate` writes, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Version of this format.
    pub version: u32,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// Log-likelihood ratio of a capture without any cue.
    pub offset: f64,
    /// What each cue adds, by name. A cue that is not here counts nothing.
    pub cues: BTreeMap<String, CueWorth>,
    /// What is added where every test of the flash model supports a live face, nats, 0 or more. A flash model that
    /// denies or cannot tell is a gate and adds nothing.
    #[serde(default = "flash_passed")]
    pub flash_passed: f64,
    /// Where decisions are made, and at what error rates.
    pub operating_points: OperatingPoints,
}

pub(super) fn flash_passed() -> f64 {
    FLASH_PASSED
}

/// Where a calibration comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// In words: which data, which split.
    pub source: String,
    /// The day it was made, ISO 8601; empty if it does not matter.
    pub date: String,
    /// Captures of live people.
    pub live: u64,
    /// Captures of attacks, by species.
    pub attacks: BTreeMap<String, u64>,
    /// SHA-256 of the scores it was fitted to, if there is such a file.
    pub scores_sha256: Option<String>,
    /// SHA-256 of the name of each group (a person or device, say) it was fitted to, so that it is not judged on them.
    /// A name that can be guessed can be found in here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups_sha256: BTreeSet<String>,
}

/// On which scale a cue is straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Its own.
    #[default]
    Plain,
    /// The logarithm of the odds, of a share or probability.
    LogOdds,
}

impl Scale {
    /// The least probability told from 0, and from 1. Origin: scores are kept with four decimals.
    const SMALLEST: f64 = 1e-4;

    /// A value on this scale.
    pub fn of(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::LogOdds => {
                let share = value.clamp(Self::SMALLEST, 1.0 - Self::SMALLEST);
                (share / (1.0 - share)).ln()
            }
        }
    }

    /// The value that has this place on the scale.
    fn value_at(self, place: f64) -> f64 {
        match self {
            Self::Plain => place,
            Self::LogOdds => 1.0 / (1.0 + (-place).exp()),
        }
    }
}

/// The log-likelihood ratio of one cue: `slope * (value - centre)` on its scale, clipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CueWorth {
    /// The scale of `centre` and `slope`.
    #[serde(default)]
    pub scale: Scale,
    /// The place that says nothing, on the scale.
    pub centre: f64,
    /// Nats for each unit of the scale above it; never negative: higher is more live.
    pub slope: f64,
    /// The most it may add, nats.
    pub most: f64,
    /// The most it may take away, nats.
    pub least: f64,
}

impl CueWorth {
    /// The log-likelihood ratio of a value, nats.
    pub fn llr(&self, value: f64) -> f64 {
        (self.slope * (self.scale.of(value) - self.centre)).max(-self.least).min(self.most)
    }

    /// Where the verdict changes, as far as clipping lets it.
    fn threshold(&self) -> Threshold {
        let at = |llr: f64| self.scale.value_at(self.centre + llr / self.slope);
        Threshold {
            supports_at_least: (self.slope > 0.0 && self.most >= VERDICT_LLR).then(|| at(VERDICT_LLR)),
            denies_at_most: (self.slope > 0.0 && self.least >= VERDICT_LLR).then(|| at(-VERDICT_LLR)),
        }
    }
}

/// Where decisions are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoints {
    /// Few live people are turned away.
    pub convenient: OperatingPoint,
    /// The default.
    pub balanced: OperatingPoint,
    /// Few attacks get through.
    pub strict: OperatingPoint,
}

/// One place to decide at. Between its bounds a capture is uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoint {
    /// Real from this log-likelihood ratio, nats.
    pub real_at_least: f64,
    /// Spoof up to this one, nats; below `real_at_least`.
    pub spoof_at_most: f64,
    /// Live people expected not to be called real.
    pub expected_bpcer: Option<ExpectedRate>,
    /// Attacks expected to be called real, of the worst species.
    pub expected_apcer: Option<ExpectedRate>,
}

/// An error rate that was measured on captures the calibration was not fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRate {
    /// 0..=1.
    pub share: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Captures it was measured on.
    pub captures: u64,
}

/// Which operating point decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OperatingMode {
    /// Few live people are turned away.
    Convenient,
    /// The default.
    #[default]
    Balanced,
    /// Few attacks get through.
    Strict,
}

impl OperatingMode {
    /// As files, options and reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Convenient => "convenient",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }
}

/// Why a calibration file is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// Not a calibration file.
    #[error("this is no calibration file")]
    Unreadable(#[from] serde_json::Error),
    /// Of another version.
    #[error("the calibration has version {0}, this program reads version {CALIBRATION_VERSION}")]
    Version(u32),
    /// A number that cannot be.
    #[error("{0} of the calibration is no usable number")]
    Number(String),
}

impl Calibration {
    /// Reads and checks a calibration file.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self = serde_json::from_str(text)?;
        if calibration.version != CALIBRATION_VERSION {
            return Err(CalibrationError::Version(calibration.version));
        }
        calibration.check()?;
        Ok(calibration)
    }

    fn check(&self) -> Result<(), CalibrationError> {
        let refuse = |what: &str| Err(CalibrationError::Number(what.to_owned()));
        if !self.offset.is_finite() {
            return refuse("offset");
        }
        if !(self.flash_passed.is_finite() && self.flash_passed >= 0.0) {
            return refuse("flash_passed");
        }
        for (name, worth) in &self.cues {
            let bounds = [worth.slope, worth.most, worth.least];
            if !worth.centre.is_finite() || bounds.iter().any(|bound| !bound.is_finite() || *bound < 0.0) {
                return refuse(&format!("cue {name}"));
            }
        }
        for mode in [OperatingMode::Convenient, OperatingMode::Balanced, OperatingMode::Strict] {
            let point = self.point(mode);
            let ordered = point.spoof_at_most < point.real_at_least;
            if !(point.spoof_at_most.is_finite() && point.real_at_least.is_finite() && ordered) {
                return refuse("an operating point");
            }
        }
        Ok(())
    }

    /// The operating point of a mode.
    pub fn point(&self, mode: OperatingMode) -> &OperatingPoint {
        match mode {
            OperatingMode::Convenient => &self.operating_points.convenient,
            OperatingMode::Balanced => &self.operating_points.balanced,
            OperatingMode::Strict => &self.operating_points.strict,
        }
    }

    /// The log-likelihood ratio of a cue, nats; `None` if it has no value or no worth.
    pub fn llr(&self, cue: &Cue) -> Option<f64> {
        Some(self.cues.get(cue.name)?.llr(cue.finite()?))
    }

    /// The log-likelihood ratio of all cues together, nats; `None` if not one of them says anything.
    pub fn fused(&self, cues: &[Cue]) -> Option<f64> {
        let llrs: Vec<f64> = cues.iter().filter_map(|cue| self.llr(cue)).collect();
        (!llrs.is_empty()).then(|| self.offset + llrs.iter().sum::<f64>())
    }

    /// A cue with its threshold, verdict and reason.
    pub fn signal(&self, cue: &Cue) -> Signal {
        let value = match &cue.value {
            Err(reason) => return Signal::unavailable(cue.name, cue.unit, reason.clone()),
            Ok(value) => *value,
        };
        let Some(worth) = self.cues.get(cue.name) else {
            let no_bounds = Threshold { supports_at_least: None, denies_at_most: None };
            let reason = |_| "measured; the calibration gives it no worth".to_owned();
            return Signal::measured(cue.name, value, cue.unit, no_bounds, reason);
        };
        let signal =
            Signal::measured(cue.name, value, cue.unit, worth.threshold(), |verdict| match verdict {
                Verdict::Supports => cue.live.to_owned(),
                Verdict::Denies => cue.attack.to_owned(),
                _ => "it could be either".to_owned(),
            });
        signal.with_llr(worth.llr(value))
    }
}
