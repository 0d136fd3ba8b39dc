//! Server messages to bytes and back.

use prost::Message as _;

use super::check::{self, DecodeLimits, MAX_LIST, MAX_TEXT_CHARS};
use super::wire::{self, server_message::Kind};
use super::{
    AttemptResult, GuidanceBounds, MessageBytes, Outcome, Plan, PlanLimits, ProblemMessage, Reveal,
    ServerMessage, StreamError,
};
use crate::challenge::{FlashProfile, SALT_BYTES, SlotCode, SlotCommitment, SlotReveal};
use crate::transcript::is_digest;

/// The most characters of a message for the log.
const MAX_MESSAGE_CHARS: usize = 1024;

impl ServerMessage {
    /// The message as bytes.
    pub fn encode(&self) -> MessageBytes {
        let kind = match self {
            Self::Plan(plan) => Some(Kind::Plan(wire_plan(plan))),
            Self::Reveal(reveal) => Some(Kind::Reveal(wire::Reveal {
                slot: reveal.slot.slot(),
                code: u32::from(reveal.slot.code().bits()),
                salt: reveal.slot.salt().to_vec(),
                revealed_at_us: reveal.revealed_at_us,
            })),
            Self::AttemptResult(result) => Some(Kind::AttemptResult(wire::AttemptResult {
                attempt: result.attempt,
                outcome: match result.outcome {
                    Outcome::Finished => wire::Outcome::Finished,
                    Outcome::TryAgain => wire::Outcome::TryAgain,
                }
                .into(),
                hint: result.hint.clone(),
                result_id: result.result_id.clone(),
                digest: result.digest.clone(),
                attempts_left: result.attempts_left,
            })),
            Self::Problem(problem) => Some(Kind::Error(wire::Error {
                code: problem.code.clone(),
                message: problem.message.clone(),
                retryable: problem.is_retryable,
                retry_after_ms: problem.retry_after_ms.unwrap_or(0),
                counts_as_attempt: problem.counts_as_attempt,
            })),
            Self::Unknown => None,
        };
        MessageBytes::new(wire::ServerMessage { kind }.encode_to_vec())
    }

    /// Reads one message. Bytes within the limits never panic and cost memory of the order of their number.
    pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, StreamError> {
        limits.check_message(bytes)?;
        let message = wire::ServerMessage::decode(bytes).map_err(StreamError::malformed)?;
        let Some(kind) = message.kind else { return Ok(Self::Unknown) };
        Ok(match kind {
            Kind::Plan(plan) => Self::Plan(Box::new(checked_plan(plan)?)),
            Kind::Reveal(reveal) => Self::Reveal(checked_reveal(&reveal)?),
            Kind::AttemptResult(result) => Self::AttemptResult(checked_result(result)?),
            Kind::Error(error) => Self::Problem(ProblemMessage {
                code: check::text("the code", error.code, MAX_TEXT_CHARS)?,
                message: check::text("the message", error.message, MAX_MESSAGE_CHARS)?,
                is_retryable: error.retryable,
                retry_after_ms: set(error.retry_after_ms),
                counts_as_attempt: error.counts_as_attempt,
            }),
        })
    }
}

fn wire_plan(plan: &Plan) -> wire::Plan {
    let (profile, limits, guidance) = (&plan.profile, &plan.limits, &plan.guidance);
    wire::Plan {
        session_id: plan.session_id.clone(),
        attempt: plan.attempt,
        attempts_left: plan.attempts_left,
        profile: Some(wire::FlashProfile {
            slot_count: u32::try_from(profile.slot_count()).unwrap_or(u32::MAX),
            slot_ms: profile.slot_ms(),
            lead_in_ms: profile.lead_in_ms(),
            tail_ms: profile.tail_ms(),
            cross_fade_ms: profile.cross_fade_ms(),
            low: profile.low(),
            high: profile.high(),
        }),
        commitments: plan.commitments.iter().map(|commitment| commitment.as_bytes().to_vec()).collect(),
        limits: Some(wire::Limits {
            max_bytes: limits.max_bytes.unwrap_or(0),
            max_frames: limits.max_frames.unwrap_or(0),
            max_frame_bytes: limits.max_frame_bytes.unwrap_or(0),
            attempt_ms: limits.attempt_ms.unwrap_or(0),
            session_ms: limits.session_ms.unwrap_or(0),
        }),
        guidance: Some(wire::Guidance {
            min_face_share: guidance.min_face_share,
            max_face_share: guidance.max_face_share,
            min_face_px: guidance.min_face_px,
            max_off_centre: guidance.max_off_centre,
            min_luma: guidance.min_luma,
            max_luma: guidance.max_luma,
            max_backlight: guidance.max_backlight,
            hold_ms: guidance.hold_ms,
        }),
    }
}

fn checked_plan(plan: wire::Plan) -> Result<Plan, StreamError> {
    check::at_most("the list of commitments", plan.commitments.len(), MAX_LIST)?;
    let profile = checked_profile(&plan.profile.ok_or_else(|| StreamError::missing("the profile"))?)?;
    if plan.commitments.len() != profile.slot_count() {
        let context = format!("{} commitments for {} slots", plan.commitments.len(), profile.slot_count());
        return Err(StreamError::out_of_range(context));
    }
    let commitments = plan
        .commitments
        .iter()
        .map(|bytes| check::hash("a commitment", bytes).map(SlotCommitment::from_bytes))
        .collect::<Result<_, _>>()?;
    if plan.session_id.is_empty() {
        return Err(StreamError::missing("the session"));
    }
    let limits = plan.limits.unwrap_or_default();
    Ok(Plan {
        session_id: check::text("the session", plan.session_id, MAX_TEXT_CHARS)?,
        attempt: plan.attempt,
        attempts_left: plan.attempts_left,
        profile,
        commitments,
        limits: PlanLimits {
            max_bytes: Some(limits.max_bytes).filter(|bytes| *bytes > 0),
            max_frames: set(limits.max_frames),
            max_frame_bytes: set(limits.max_frame_bytes),
            attempt_ms: set(limits.attempt_ms),
            session_ms: set(limits.session_ms),
        },
        guidance: checked_guidance(&plan.guidance.unwrap_or_default())?,
    })
}

/// Only profiles that cannot flash too often pass: whoever shows the colours need not trust who chose them.
fn checked_profile(profile: &wire::FlashProfile) -> Result<FlashProfile, StreamError> {
    let wrong = |error| StreamError::out_of_range(format!("the profile cannot be shown: {error}"));
    // A number that does not fit is out of range either way.
    let slot_count = usize::try_from(profile.slot_count).unwrap_or(usize::MAX);
    FlashProfile::standard()
        .with_slot_count(slot_count)
        .and_then(|made| made.with_slot_ms(profile.slot_ms))
        .and_then(|made| made.with_grey_ms(profile.lead_in_ms, profile.tail_ms))
        .and_then(|made| made.with_cross_fade_ms(profile.cross_fade_ms))
        .and_then(|made| made.with_levels(profile.low, profile.high))
        .map(FlashProfile::with_known_name)
        .map_err(wrong)
}

fn checked_guidance(guidance: &wire::Guidance) -> Result<GuidanceBounds, StreamError> {
    let bound = |what: &str, value: Option<f32>| value.map(|value| check::amount(what, value)).transpose();
    Ok(GuidanceBounds {
        min_face_share: bound("the least face", guidance.min_face_share)?,
        max_face_share: bound("the largest face", guidance.max_face_share)?,
        min_face_px: bound("the least face", guidance.min_face_px)?,
        max_off_centre: bound("the largest offset", guidance.max_off_centre)?,
        min_luma: bound("the least luma", guidance.min_luma)?,
        max_luma: bound("the largest luma", guidance.max_luma)?,
        max_backlight: bound("the largest backlight", guidance.max_backlight)?,
        hold_ms: guidance.hold_ms,
    })
}

fn checked_reveal(reveal: &wire::Reveal) -> Result<Reveal, StreamError> {
    let salt: [u8; SALT_BYTES] = check::hash("the salt", &reveal.salt)?;
    let code = u8::try_from(reveal.code)
        .ok()
        .filter(|bits| *bits < 64)
        .ok_or_else(|| StreamError::out_of_range("a code has six bits"))?;
    let slot = SlotReveal::new(check::slot(reveal.slot)?, SlotCode::from_bits(code), salt);
    Ok(Reveal { slot, revealed_at_us: reveal.revealed_at_us })
}

fn checked_result(result: wire::AttemptResult) -> Result<AttemptResult, StreamError> {
    let outcome = match result.outcome() {
        wire::Outcome::Finished => Outcome::Finished,
        wire::Outcome::TryAgain => Outcome::TryAgain,
        wire::Outcome::Unspecified => return Err(StreamError::missing("the outcome")),
    };
    if !is_digest(&result.digest) {
        return Err(StreamError::out_of_range("a digest has 64 upper-case hexadecimal digits"));
    }
    Ok(AttemptResult {
        attempt: result.attempt,
        outcome,
        hint: check::text("the hint", result.hint, MAX_TEXT_CHARS)?,
        result_id: check::text("the result's identifier", result.result_id, MAX_TEXT_CHARS)?,
        digest: result.digest,
        attempts_left: result.attempts_left,
    })
}

/// A number where 0 stands for none.
fn set(value: u32) -> Option<u32> {
    Some(value).filter(|value| *value > 0)
}
