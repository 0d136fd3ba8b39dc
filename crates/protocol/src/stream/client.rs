//! What a capturing device says. All of it is a claim.

use verilume_frame::{Rect, Timestamp};

use super::{JpegBytes, SessionToken};

/// A message of the client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClientMessage {
    /// The first message.
    Hello(Box<Hello>),
    /// The attention gate has opened.
    AttemptStart(AttemptStart),
    /// One frame.
    Frame(Frame),
    /// A slot is over.
    SlotEnd(SlotEnd),
    /// All frames of the attempt have been sent.
    AttemptEnd(AttemptEnd),
    /// The attempt is given up.
    Abort(Abort),
    /// The capture stands still.
    Pause(PauseReason),
    /// The capture goes on.
    Resume,
    /// The person asks for another flash profile, by its name.
    Prefer(String),
    /// A kind that a later version knows; to be passed over.
    Unknown,
}

/// Who asks for a check, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Hello {
    /// The session token.
    pub token: SessionToken,
    /// The highest version of the stream that the client speaks.
    pub protocol_version: u32,
    /// The device as it describes itself.
    pub device: DeviceClaims,
    /// The camera as the device describes it.
    pub camera: CameraClaims,
    /// The flash profile that the person asks for; empty leaves it to the service.
    pub wanted_profile: String,
    /// The client will keep to the small budget of bytes.
    pub low_bandwidth: bool,
    /// What the device itself finds suspicious; each at most once.
    pub risk_hints: Vec<RiskHint>,
    /// An identifier of the device, where the app lets the client set it; else empty.
    pub device_correlation_id: String,
    /// An identifier of the person, where the app lets the client set it; else empty.
    pub user_correlation_id: String,
}

/// A device as it describes itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceClaims {
    /// `web`, `android`, `ios`, `desktop`, `reference`.
    pub platform: String,
    /// Operating system and its version.
    pub system: String,
    /// Model of the device, or the browser.
    pub model: String,
    /// Name of the client library.
    pub sdk: String,
    /// Version of the client library.
    pub sdk_version: String,
    /// Width and height of the screen, physical pixels; 0 if unknown.
    pub screen_size_px: (u32, u32),
    /// Refresh rate of the screen, Hz; 0 if unknown.
    pub screen_refresh_hz: f32,
}

/// A camera as the device describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CameraClaims {
    /// Name that the system gives the camera.
    pub label: String,
    /// Where it looks.
    pub facing: Facing,
    /// Width and height of its frames, pixels; 0 if unknown.
    pub size_px: (u32, u32),
    /// Rate of its frames, per second; 0 if unknown.
    pub frames_per_second: f32,
    /// The exposure is held during the flashes.
    pub is_exposure_locked: bool,
    /// The white balance is held during the flashes.
    pub is_white_balance_locked: bool,
}

/// Where a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Facing {
    /// Nobody knows.
    #[default]
    Unknown,
    /// At the person who uses the screen.
    User,
    /// Away from them.
    Environment,
    /// A camera that is not built in.
    External,
}

/// What a device can find suspicious about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RiskHint {
    /// The camera's name is that of a known virtual camera.
    VirtualCameraName,
    /// The camera lacks abilities that a physical one has.
    CameraLacksControls,
    /// The device is emulated.
    Emulator,
    /// A debugger is attached.
    Debugger,
    /// The system's protections are taken off.
    Rooted,
    /// Camera or network functions have been replaced.
    Hooked,
}

/// The attention gate has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptStart {
    /// The attempt of the plan.
    pub attempt: u32,
    /// When the gate opened.
    pub gate_opened_at: Timestamp,
    /// How long the person had looked by then, microseconds.
    pub looked_for_us: u64,
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PixelRect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl PixelRect {
    /// The same rectangle in the geometry of images.
    pub fn to_rect(self) -> Rect {
        Rect::new(self.x as f32, self.y as f32, self.width as f32, self.height as f32)
    }
}

/// What the screen showed when a frame was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Grey, before the first slot.
    Hold,
    /// A slot.
    Slot(u32),
    /// Grey, after the last slot.
    Tail,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Counts the frames of the attempt from 0.
    pub sequence: u32,
    /// When it was captured, on the device's clock.
    pub captured_at: Timestamp,
    /// What the screen showed.
    pub phase: Phase,
    /// The part of the camera's frame that the JPEG shows.
    pub crop_in_image: PixelRect,
    /// Width and height of the camera's frame, pixels.
    pub image_size: (u32, u32),
    /// The crop, perhaps reduced in size.
    pub jpeg: JpegBytes,
}

/// A slot is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotEnd {
    /// Which slot.
    pub slot: u32,
    /// When the fade to its colours began on the screen.
    pub shown_at: Timestamp,
    /// When the fade away from them began.
    pub ended_at: Timestamp,
    /// Head of the chain after the slot's last frame.
    pub chain_head: [u8; 32],
}

/// All frames of the attempt have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptEnd {
    /// The attempt of the plan.
    pub attempt: u32,
    /// How many frames were sent.
    pub frame_count: u32,
    /// Head of the chain after the last frame.
    pub chain_head: [u8; 32],
}

/// The attempt is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abort {
    /// The attempt of the plan.
    pub attempt: u32,
    /// Why.
    pub reason: AbortReason,
    /// The whole session is given up.
    pub ends_session: bool,
}

/// Why an attempt is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbortReason {
    /// A reason that a later version knows.
    Unknown,
    /// The person canceled.
    UserCanceled,
    /// The face was lost.
    FaceLost,
    /// A second face came in.
    SeveralFaces,
    /// The face left the part of the frame that is sent.
    Moved,
    /// A state took longer than its cap.
    TimedOut,
    /// The screen did not show a colour in time.
    ScreenStalled,
    /// The camera gave no frames in time.
    CameraStalled,
    /// The service did not reveal a slot in time.
    RevealLate,
    /// What the service sent does not follow the protocol.
    Protocol,
}

/// Why a capture stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseReason {
    /// A reason that a later version knows.
    Unknown,
    /// The page or the app is not visible.
    Hidden,
    /// The person paused.
    User,
    /// The system took the camera away.
    CameraTaken,
}
