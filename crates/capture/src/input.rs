//! What the client is told.

use verilume_frame::Timestamp;
use verilume_protocol::stream::{
    CameraClaims, DeviceClaims, Hello, PROTOCOL_VERSION, PauseReason, RiskHint, SessionToken,
};

use crate::FrameObservation;

/// Something happened. Every input comes with the time, on the one clock that frames and screen are on too.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The person wants to begin, and the transport is open. Passed over while a capture runs.
    Start(&'a StartRequest),
    /// The camera gave a frame, and the tracker its faces. Push every frame, in order of time.
    Frame(&'a FrameObservation<'a>),
    /// The service sent a message.
    Message(&'a [u8]),
    /// A step of the screen has begun to be shown. Say it at once: frames in between cannot be placed.
    Shown {
        /// Which step.
        step: u32,
        /// When its first part was on the screen.
        at: Timestamp,
    },
    /// Time passes. Say it at least ten times a second while no frames come.
    Tick,
    /// The person tries again.
    Retry,
    /// The person tries again, under the flash profile of this name.
    RetryAs(&'a str),
    /// The person needs more time to get into place.
    MoreTime,
    /// The capture must stand still: the page is hidden, a call came in.
    Pause(PauseReason),
    /// The capture can go on.
    Resume,
    /// The person cancels.
    Cancel,
    /// The transport lost its connection for good.
    ConnectionLost,
}

/// What a capture begins with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StartRequest {
    /// The token that the app got.
    pub token: SessionToken,
    /// The device.
    pub device: DeviceClaims,
    /// The camera.
    pub camera: CameraClaims,
    /// The flash profile that the person asks for; empty leaves it to the service.
    pub wanted_profile: String,
    /// What the device itself finds suspicious.
    pub risk_hints: Vec<RiskHint>,
    /// An identifier of the device, where the app lets the client set it; else empty.
    pub device_correlation_id: String,
    /// An identifier of the person, where the app lets the client set it; else empty.
    pub user_correlation_id: String,
}

impl StartRequest {
    /// A start with nothing but a token.
    pub fn new(token: SessionToken) -> Self {
        Self {
            token,
            device: DeviceClaims::default(),
            camera: CameraClaims::default(),
            wanted_profile: String::new(),
            risk_hints: Vec::new(),
            device_correlation_id: String::new(),
            user_correlation_id: String::new(),
        }
    }

    pub(crate) fn hello(&self, low_bandwidth: bool) -> Hello {
        Hello {
            token: self.token.clone(),
            protocol_version: PROTOCOL_VERSION,
            device: self.device.clone(),
            camera: self.camera.clone(),
            wanted_profile: self.wanted_profile.clone(),
            low_bandwidth,
            risk_hints: self.risk_hints.clone(),
            device_correlation_id: self.device_correlation_id.clone(),
            user_correlation_id: self.user_correlation_id.clone(),
        }
    }
}
