//! What the service says.

use crate::challenge::{FlashProfile, SlotCommitment, SlotReveal};

/// A message of the service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ServerMessage {
    /// What the next attempt is made of.
    Plan(Box<Plan>),
    /// What a slot shows.
    Reveal(Reveal),
    /// The attempt is over.
    AttemptResult(AttemptResult),
    /// Something is wrong.
    Problem(ProblemMessage),
    /// A kind that a later version knows; to be passed over.
    Unknown,
}

/// What the next attempt is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The session.
    pub session_id: String,
    /// Counts the plans of a session from 1.
    pub attempt: u32,
    /// How many attempts that count are left, this one included.
    pub attempts_left: u32,
    /// Timing and light.
    pub profile: FlashProfile,
    /// One for each slot of the profile.
    pub commitments: Vec<SlotCommitment>,
    /// What the attempt may cost.
    pub limits: PlanLimits,
    /// Bounds of guidance.
    pub guidance: GuidanceBounds,
}

/// What an attempt may cost; `None` leaves a bound to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanLimits {
    /// All messages of the attempt together, bytes.
    pub max_bytes: Option<u64>,
    /// Frames of the attempt.
    pub max_frames: Option<u32>,
    /// The JPEG of one frame, bytes.
    pub max_frame_bytes: Option<u32>,
    /// From the start of the attempt to its end, milliseconds.
    pub attempt_ms: Option<u32>,
    /// From the plan to the end of the session, milliseconds.
    pub session_ms: Option<u32>,
}

/// Bounds of guidance; `None` leaves one to the client. All are finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GuidanceBounds {
    /// Least width of the face over the shorter side of the frame.
    pub min_face_share: Option<f32>,
    /// Largest width of the face over the shorter side of the frame.
    pub max_face_share: Option<f32>,
    /// Least width of the face, pixels.
    pub min_face_px: Option<f32>,
    /// Largest distance of the face's centre from the frame's over the frame's shorter side.
    pub max_off_centre: Option<f32>,
    /// Least mean luma of the face, 0..=255.
    pub min_luma: Option<f32>,
    /// Largest mean luma of the face, 0..=255.
    pub max_luma: Option<f32>,
    /// Largest luma of the background over that of the face.
    pub max_backlight: Option<f32>,
    /// Grey hold before the flashes, milliseconds.
    pub hold_ms: Option<u32>,
}

/// What a slot shows, and when the service said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Slot, code and salt.
    pub slot: SlotReveal,
    /// When it was revealed, microseconds of the service's clock.
    pub revealed_at_us: u64,
}

/// The attempt is over. It never says what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptResult {
    /// The attempt of the plan.
    pub attempt: u32,
    /// What the person is told.
    pub outcome: Outcome,
    /// A code of the error table that tells the person what to change; may be empty.
    pub hint: String,
    /// Identifies the result to the app's own service.
    pub result_id: String,
    /// The transcript's digest, 64 upper-case hexadecimal digits.
    pub digest: String,
    /// How many attempts are left.
    pub attempts_left: u32,
}

/// What the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The session is over.
    Finished,
    /// Another attempt is allowed; a plan follows.
    TryAgain,
}

/// Something is wrong: the stream ends with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemMessage {
    /// A code of the error table, or of a later version's.
    pub code: String,
    /// For the log, not for the person.
    pub message: String,
    /// Whether another stream with the same token may work.
    pub is_retryable: bool,
    /// When to try again, milliseconds.
    pub retry_after_ms: Option<u32>,
    /// Whether it costs an attempt.
    pub counts_as_attempt: bool,
}
