//! Every number of the capture, with unit, range and origin.
//!
//! Origins: *protocol* follows from the flash challenge or the stream; *experience* is a proposal of the interface's
//! design that no study of users has confirmed yet; *initial* was set by reasoning; others name a source.

use std::time::Duration;

use verilume_protocol::stream::GuidanceBounds;
use verilume_vision::AttentionConfig;

/// How a capture is made.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct CaptureConfig {
    /// How long each state may last.
    pub caps: StateCaps,
    /// When the attention gate opens.
    pub gate: GateConfig,
    /// When a hint is given.
    pub guidance: GuidanceConfig,
    /// What is sent of the frames.
    pub evidence: EvidenceConfig,
}

impl CaptureConfig {
    /// The same for connections that carry little: at most 500 kB an attempt.
    pub fn low_bandwidth() -> Self {
        Self { evidence: EvidenceConfig::low_bandwidth(), ..Self::default() }
    }
}

/// How long each state may last. What happens then says the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCaps {
    /// From the start to the first plan. 1 to 60 s. Experience: 15 s.
    pub connecting: Duration,
    /// Until the gate opens; the person can ask for more time. 10 to 120 s. Experience: 30 s.
    pub align: Duration,
    /// How often the person can ask for more time. Origin: WCAG 2.2, success criterion 2.2.1, asks for at least 10.
    pub extensions: u32,
    /// From the gate to the first slot, beyond what the hold takes. 1 to 20 s. Initial: more than a late reveal.
    pub hold: Duration,
    /// From the first slot to the tail, beyond what the slots take. 1 to 60 s. Initial: several late reveals.
    pub flash: Duration,
    /// From the tail to the end of the attempt, beyond what the tail takes. 1 to 20 s. Initial.
    pub tail: Duration,
    /// From the end of the attempt to its result. 5 to 60 s. Experience: 15 s.
    pub checking: Duration,
    /// Until the person tries again. 10 s to 10 min. Experience: 60 s.
    pub retry: Duration,
    /// Until the next plan. 1 to 60 s. As for the first.
    pub replanning: Duration,
    /// Until the person comes back. 10 s to 10 min. Experience: 60 s.
    pub paused: Duration,
    /// From the start to the end, whatever happens. 1 to 60 min. Initial: all extensions and three attempts.
    pub session: Duration,
    /// Attempts that may be interrupted (face lost, screen stalled, a late reveal) before the capture fails. 1..=20.
    /// Initial.
    pub interruptions: u32,
    /// A colour must be on the screen this long after it was due. 0.1 to 5 s. Initial: a display that is this late is
    /// not showing at all.
    pub screen_late: Duration,
    /// A slot must be revealed this long after the one before it was to end. 0.5 to 10 s. Initial: several round trips
    /// of a bad connection.
    pub reveal_late: Duration,
    /// The camera must give a frame this often. 0.2 to 5 s. Initial.
    pub camera_silent: Duration,
}

impl Default for StateCaps {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(15),
            align: Duration::from_secs(30),
            extensions: 10,
            hold: Duration::from_secs(5),
            flash: Duration::from_secs(10),
            tail: Duration::from_secs(2),
            checking: Duration::from_secs(15),
            retry: Duration::from_secs(60),
            replanning: Duration::from_secs(15),
            paused: Duration::from_secs(60),
            session: Duration::from_secs(20 * 60),
            interruptions: 5,
            screen_late: Duration::from_secs(1),
            reveal_late: Duration::from_secs(3),
            camera_silent: Duration::from_secs(2),
        }
    }
}

/// When the attention gate opens, and what breaks an attempt after it has.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GateConfig {
    /// What counts as looking at the camera.
    pub attention: AttentionConfig,
    /// The person must look, frontal and still, for this long. At least [`Self::LEAST_HELD`]; less counts as that.
    pub held_for: Duration,
    /// The head may be turned this far. Radians, 0.1..=0.5. Initial: 20 degrees keep both sides of the face in view.
    pub max_pose_rad: f32,
    /// The face may move this far within [`Self::still_within`]. Face widths, 0.02..=0.5. Initial: the hand's tremor
    /// moves a face by 0.03 widths in a second; a nod by 0.2.
    pub max_motion: f32,
    /// The time over which motion is measured. Initial: several frames, so that noise of the landmarks does not count.
    pub still_within: Duration,
    /// A gap between frames longer than this is no watching: the gate begins again. Initial.
    pub max_gap: Duration,
    /// Light, cover and place hold the gate back this long at most; then the service shall judge: nobody is kept
    /// out by a room that they cannot change. Experience: when hints escalate.
    pub advice_holds_for: Duration,
    /// In an attempt, a face that is lost, beside another one, or outside the crop for this long ends it. 0.1 to 2 s.
    /// Initial: longer than a tracker needs to find it again.
    pub broken_after: Duration,
}

impl GateConfig {
    /// The least time of looking: the promise to the person, which no configuration and no plan shortens.
    pub const LEAST_HELD: Duration = Duration::from_millis(500);
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            attention: AttentionConfig::default(),
            held_for: Self::LEAST_HELD,
            max_pose_rad: 0.35,
            max_motion: 0.12,
            still_within: Duration::from_millis(300),
            max_gap: Duration::from_millis(300),
            advice_holds_for: Duration::from_secs(6),
            broken_after: Duration::from_millis(500),
        }
    }
}

/// When a hint is given. A plan can set the bounds of size, place and light.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GuidanceConfig {
    /// Least width of the face over the shorter side of the frame. 0.05..=0.5. Initial: a phone at 60 cm.
    pub min_face_share: f32,
    /// Largest width of the face's box over the shorter side of the frame. 0.4..=1. Origin: at 24 cm, the nearest that
    /// the flashing light model is reported for, simulated people fill up to 0.91 of a phone's frame. Nearer than that,
    /// part of the face is outside.
    pub max_face_share: f32,
    /// Least width of the face, pixels. Initial: the eyes of a smaller face are too small for gaze.
    pub min_face_px: f32,
    /// Largest distance of the face's centre from the frame's over the frame's shorter side. 0.05..=0.5. Initial.
    pub max_off_centre: f32,
    /// Least mean luma of the face, 0..=255. Initial: eyes and landmarks get uncertain below it.
    pub min_luma: f32,
    /// Largest mean luma of the face, 0..=255. Initial: much of the face clips above it.
    pub max_luma: f32,
    /// Largest luma of the background over that of the face. Origin: above 2 the face is backlit (vision); less
    /// strict here, for it is advice only.
    pub max_backlight: f32,
    /// Grey hold before the flashes. At least [`Self::LEAST_HOLD`]; less counts as that.
    pub hold: Duration,
    /// A hint stays at least this long. Experience: 800 ms.
    pub dwell: Duration,
    /// A defect must last this long before it becomes a hint. Initial: shorter than a blink is noise.
    pub onset: Duration,
    /// A second face must last this long before it becomes a hint. Experience: 500 ms.
    pub onset_several: Duration,
    /// A hint that stays this long is explained at length. Experience: 6 s.
    pub escalate_after: Duration,
}

impl GuidanceConfig {
    /// The shortest hold. Origin: the periphery model wants a second of natural motion before the flashes.
    pub const LEAST_HOLD: Duration = Duration::from_secs(1);
    /// The longest hold that a plan can ask for. Initial: the cap of the state less what the first slot needs.
    pub const LONGEST_HOLD: Duration = Duration::from_secs(3);

    /// With the bounds that a plan sets.
    pub(crate) fn bounded_by(self, bounds: &GuidanceBounds) -> Self {
        Self {
            min_face_share: bounds.min_face_share.unwrap_or(self.min_face_share),
            max_face_share: bounds.max_face_share.unwrap_or(self.max_face_share),
            min_face_px: bounds.min_face_px.unwrap_or(self.min_face_px),
            max_off_centre: bounds.max_off_centre.unwrap_or(self.max_off_centre),
            min_luma: bounds.min_luma.unwrap_or(self.min_luma),
            max_luma: bounds.max_luma.unwrap_or(self.max_luma),
            max_backlight: bounds.max_backlight.unwrap_or(self.max_backlight),
            hold: bounds.hold_ms.map_or(self.hold, |hold_ms| Duration::from_millis(hold_ms.into())),
            ..self
        }
    }
}

impl Default for GuidanceConfig {
    fn default() -> Self {
        Self {
            min_face_share: 0.20,
            max_face_share: 0.95,
            min_face_px: 80.0,
            max_off_centre: 0.20,
            min_luma: 35.0,
            max_luma: 225.0,
            max_backlight: 3.0,
            hold: Self::LEAST_HOLD,
            dwell: Duration::from_millis(800),
            onset: Duration::from_millis(200),
            onset_several: Duration::from_millis(500),
            escalate_after: Duration::from_secs(6),
        }
    }
}

/// What is sent of the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EvidenceConfig {
    /// All messages of an attempt together, bytes. Never exceeded. A plan can lower it.
    pub max_bytes: u64,
    /// Frames wanted in each slot. 3..=10. Origin: the flashing light model needs three; more average noise out.
    pub frames_per_slot: u32,
    /// The longest time between two frames that are wanted, however long a slot is. 33 to 75 ms. Origin: the flashing
    /// light model compares the 150 ms before and after each change, which have two frames then.
    pub longest_interval: Duration,
    /// Width and height of the crop in widths of the face's box. 2..=6. Origin: the near ring of the periphery model
    /// is an ellipse of 1.9 by 2.4; the corners beyond 2.4 are far periphery, and light on the background.
    pub crop_faces: (f32, f32),
    /// Largest width of the face in what is sent, pixels. 64..=512. Initial: cells of the flashing light model then
    /// have 15 pixels a side; more pixels cost bytes that more frames use better.
    pub max_face_px: f32,
    /// Least width of the face in what is sent, pixels: below it fewer frames are sent rather than smaller ones.
    /// 45..=200. Origin: the flashing light model measures no face below 45.
    pub min_face_px: f32,
    /// Quality of the JPEG, 1..=100. Origin: ADR 0010.
    pub jpeg_quality: u8,
}

impl EvidenceConfig {
    /// At most 500 kB an attempt: smaller frames, as many and of the same quality. Measured: with one frame less in each
    /// slot, half of the people could not be told any more; size costs far less.
    pub fn low_bandwidth() -> Self {
        Self { max_bytes: 500_000, ..Self::default() }
    }
}

impl Default for EvidenceConfig {
    fn default() -> Self {
        Self {
            max_bytes: 1_500_000,
            frames_per_slot: 5,
            longest_interval: Duration::from_millis(67),
            crop_faces: (3.0, 3.4),
            max_face_px: 160.0,
            min_face_px: 64.0,
            jpeg_quality: 90,
        }
    }
}
