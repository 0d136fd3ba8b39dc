//! What a stream may cost.

use std::time::Duration;

use verilume_protocol::stream::GuidanceBounds;

/// What a stream may cost, and how fast light and people can be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineConfig {
    /// All messages of an attempt, bytes. Origin: the client's standard budget.
    pub(crate) max_attempt_bytes: u64,
    /// Frames of an attempt. Origin: 15 a second through the longest hold, the slowest profile and the tail, and as
    /// much again.
    pub(crate) max_frames: u32,
    /// The JPEG of one frame, bytes. Origin: ten times what a crop of the standard budget has.
    pub(crate) max_frame_bytes: u32,
    /// Pixels of one frame. Origin: a crop has 480 x 544; four times that.
    pub(crate) max_frame_pixels: u64,
    /// Frames of an attempt that may be the same bit by bit. Origin: reasoning: a page may read a picture twice; a loop
    /// repeats it often.
    pub(crate) max_repeated_frames: u32,
    /// From the start of an attempt to its end. Origin: the client's caps of hold, flash and tail are 17 s.
    pub(crate) attempt_lasts: Duration,
    /// The longest silence within an attempt. Origin: the client gives its camera 2 s and a reveal 3 s.
    pub(crate) silence_in_attempt: Duration,
    /// The longest time to get into place. Origin: the client's cap with all its extensions.
    pub(crate) align_lasts: Duration,
    /// The longest pause. Origin: the client's cap, and a round trip.
    pub(crate) pause_lasts: Duration,
    /// Plans of a stream. Origin: three attempts, five interruptions, and some that are given up before they start.
    pub(crate) max_plans: u32,
    /// Attempts that end without a decision and without cost. Origin: the client allows as many interruptions.
    pub(crate) max_free_restarts: u32,
    /// Whether a person may ask for a check without flashes.
    pub(crate) does_without_flashes: bool,
    /// Bounds of guidance that plans carry.
    pub(crate) guidance: GuidanceBounds,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_attempt_bytes: 1_500_000,
            max_frames: 320,
            max_frame_bytes: 256 << 10,
            max_frame_pixels: 1 << 20,
            max_repeated_frames: 3,
            attempt_lasts: Duration::from_secs(20),
            silence_in_attempt: Duration::from_secs(6),
            align_lasts: Duration::from_secs(6 * 60),
            pause_lasts: Duration::from_secs(65),
            max_plans: 12,
            max_free_restarts: 5,
            does_without_flashes: true,
            guidance: GuidanceBounds::default(),
        }
    }
}
