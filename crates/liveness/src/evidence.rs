//! One piece of evidence: what was measured, against which threshold, and what follows.

use serde::Serialize;

/// What one signal says about the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The measurement is what a live person in front of the camera gives.
    Supports,
    /// The measurement is what a presentation or injection attack gives.
    Denies,
    /// Measured, but between the thresholds: it says nothing either way.
    Inconclusive,
    /// Could not be measured here; the reason says why. Never a score of zero.
    Unavailable,
}

/// The bounds a value is held against. The value's direction is always "higher is more live".
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// At or above this value the signal supports; `None` if this signal can only deny.
    pub supports_at_least: Option<f64>,
    /// At or below this value the signal denies; `None` if this signal can only support.
    pub denies_at_most: Option<f64>,
}

impl Threshold {
    /// What a value says against these bounds.
    pub fn verdict(&self, value: f64) -> Verdict {
        if self.supports_at_least.is_some_and(|bound| value >= bound) {
            Verdict::Supports
        } else if self.denies_at_most.is_some_and(|bound| value <= bound) {
            Verdict::Denies
        } else {
            Verdict::Inconclusive
        }
    }
}

/// A measured (or not measurable) signal with its threshold, verdict and reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// Stable name, snake_case.
    pub name: &'static str,
    /// The measured value in `unit`; `None` exactly when the verdict is [`Verdict::Unavailable`].
    pub value: Option<f64>,
    /// Unit of the value, `"1"` for a ratio, probability or score.
    pub unit: &'static str,
    /// The bounds the value was held against.
    pub threshold: Option<Threshold>,
    /// What it is worth: log-likelihood ratio of live over attack, nats; `None` for a test that only passes or fails.
    pub llr: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
    /// One sentence for a person.
    pub reason: String,
}

impl Signal {
    /// A measured value, judged by its threshold; a value that is not finite was not measured.
    pub fn measured(
        name: &'static str,
        value: f64,
        unit: &'static str,
        threshold: Threshold,
        reason: impl FnOnce(Verdict) -> String,
    ) -> Self {
        if !value.is_finite() {
            return Self::unavailable(name, unit, "the measurement gave no finite number");
        }
        let verdict = threshold.verdict(value);
        Self {
            name,
            value: Some(value),
            unit,
            threshold: Some(threshold),
            llr: None,
            verdict,
            reason: reason(verdict),
        }
    }

    /// The same with what it is worth; nothing changes for a signal without a value.
    pub(crate) fn with_llr(self, llr: f64) -> Self {
        Self { llr: self.value.map(|_| llr), ..self }
    }

    /// How far the value is above the bound it must reach to support (or to not deny, for a signal that can only
    /// deny), in `unit`: positive is on the live side. `None` if there is no value.
    pub fn margin(&self) -> Option<f64> {
        let threshold = self.threshold?;
        Some(self.value? - threshold.supports_at_least.or(threshold.denies_at_most)?)
    }

    /// A signal that could not be measured, and why.
    pub fn unavailable(name: &'static str, unit: &'static str, reason: impl Into<String>) -> Self {
        Self {
            name,
            value: None,
            unit,
            threshold: None,
            llr: None,
            verdict: Verdict::Unavailable,
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_a_number_is_never_evidence() {
        let threshold = Threshold { supports_at_least: Some(0.5), denies_at_most: Some(0.2) };
        let signal = Signal::measured("x", f64::NAN, "1", threshold, |_| String::new());
        assert_eq!((signal.verdict, signal.value), (Verdict::Unavailable, None));
    }

    #[test]
    fn bounds_are_inclusive_and_the_gap_says_nothing() {
        let threshold = Threshold { supports_at_least: Some(0.5), denies_at_most: Some(0.2) };
        assert_eq!(threshold.verdict(0.5), Verdict::Supports);
        assert_eq!(threshold.verdict(0.2), Verdict::Denies);
        assert_eq!(threshold.verdict(0.3), Verdict::Inconclusive);
    }
}
