//! Fusion by intersection and union: live only if *every* attack hypothesis is rejected by its own test.
//!
//! The false-accept probability is then at most the largest of the single tests', without any assumption of
//! independence. Test 1's is exact; the others' are calibrated on simulation and carry no guarantee for real attacks.

use serde::Serialize;

use super::background::BACKGROUND;
use super::challenge::CHALLENGE;
use super::environment::EnvironmentEstimate;
use super::thresholds::FlashThresholds;
use crate::{Signal, Verdict};

/// What the flashing light says about a capture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlashOutcome {
    /// Every test supports a live head before the screen.
    Real,
    /// A strong answer of the wrong kind.
    Spoof {
        /// The tests that deny.
        stopped_by: Vec<&'static str>,
    },
    /// Could not tell.
    Uncertain(UncertainCause),
}

/// Why the flashing light could not tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UncertainCause {
    /// The answer is too weak: the room is too bright, the screen too dark or too far.
    EnvironmentNotSupported(EnvironmentEstimate),
    /// Some slots have too few frames.
    TooFewFrames,
    /// The face mesh is unusable or covers too few cells.
    TooLittleFace,
    /// Most of the face is clipped or black.
    FaceTooBrightOrDark,
    /// No background is visible beside the face.
    BackgroundNotVisible,
    /// The answer is strong, but some tests fall between their bounds.
    Inconclusive {
        /// The tests that neither support nor deny.
        undecided: Vec<&'static str>,
    },
}

impl UncertainCause {
    /// The cause's stable name, as serialised.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EnvironmentNotSupported(_) => "environment_not_supported",
            Self::TooFewFrames => "too_few_frames",
            Self::TooLittleFace => "too_little_face",
            Self::FaceTooBrightOrDark => "face_too_bright_or_dark",
            Self::BackgroundNotVisible => "background_not_visible",
            Self::Inconclusive { .. } => "inconclusive",
        }
    }
}

/// How strongly the face answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strength {
    /// The answer of the median cell to this challenge, standard errors.
    pub(super) response_z: f64,
    /// The same as a share of its light; see [`FlashThresholds::contrast_min`].
    pub(super) contrast: f64,
    /// The answer to whatever flickers with the slots; see [`FlashThresholds::other_answer_energy`].
    pub(super) slot_energy: f64,
}

/// Decides on the signals that must all support (`required`) and those that may only deny (`advisory`).
pub(super) fn decide(
    required: &[Signal],
    advisory: &[Signal],
    strength: Strength,
    bounds: &FlashThresholds,
    environment: impl FnOnce() -> EnvironmentEstimate,
) -> FlashOutcome {
    let names =
        |signals: &mut dyn Iterator<Item = &Signal>| signals.map(|signal| signal.name).collect::<Vec<_>>();
    let denies = |signal: &&Signal| signal.verdict == Verdict::Denies;
    let stopped_by = names(&mut required.iter().chain(advisory).filter(denies));
    let undecided = names(&mut required.iter().filter(|signal| signal.verdict != Verdict::Supports));
    let visible = strength.response_z >= bounds.response_min_z && strength.contrast >= bounds.contrast_min;
    if undecided.is_empty() && stopped_by.is_empty() && visible {
        return FlashOutcome::Real;
    }
    let background_is_missing =
        required.iter().any(|signal| signal.name == BACKGROUND && signal.verdict == Verdict::Unavailable);
    if stopped_by.is_empty() && background_is_missing && undecided == [BACKGROUND] {
        return FlashOutcome::Uncertain(UncertainCause::BackgroundNotVisible);
    }
    // Flicker in step with the slots that is not this challenge: a recording of another session.
    let answers_another =
        strength.slot_energy >= bounds.other_answer_energy && stopped_by.contains(&CHALLENGE);
    // A response that is not a number is not strong either.
    let strong = strength.response_z >= bounds.response_strong_z || answers_another;
    if !strong {
        return FlashOutcome::Uncertain(UncertainCause::EnvironmentNotSupported(environment()));
    }
    if !stopped_by.is_empty() {
        return FlashOutcome::Spoof { stopped_by };
    }
    FlashOutcome::Uncertain(UncertainCause::Inconclusive { undecided })
}
