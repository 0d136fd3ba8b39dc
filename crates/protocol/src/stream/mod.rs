//! The messages of the capture stream, version 1.
//!
//! `proto/verilume/capture/v1/capture.proto` is the schema; the types here are what is left of a message after it has
//! been checked, so that nobody checks again. Decoding is bounded and never panics; fields, kinds and enum values that
//! this version does not know are passed over.
//!
//! ```
//! use verilume_protocol::stream::{ClientMessage, DecodeLimits, PauseReason};
//!
//! let sent = ClientMessage::Pause(PauseReason::Hidden).encode();
//! assert_eq!(ClientMessage::decode(sent.as_bytes(), &DecodeLimits::default())?, ClientMessage::Pause(PauseReason::Hidden));
//! # Ok::<(), verilume_protocol::stream::StreamError>(())
//! ```

mod bytes;
mod check;
mod client;
mod client_wire;
mod error;
mod server;
mod server_wire;
mod wire;

pub use bytes::{JpegBytes, MessageBytes, SessionToken};
pub use check::{DecodeLimits, MAX_TEXT_CHARS};
pub use client::{
    Abort, AbortReason, AttemptEnd, AttemptStart, CameraClaims, ClientMessage, DeviceClaims, Facing, Frame,
    Hello, PauseReason, Phase, PixelRect, RiskHint, SlotEnd,
};
pub use error::{StreamError, StreamErrorKind};
pub use server::{
    AttemptResult, GuidanceBounds, Outcome, Plan, PlanLimits, ProblemMessage, Reveal, ServerMessage,
};

/// The version of the stream that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// Slots that are revealed when an attempt starts; after that, slot `s + 2` is revealed when slot `s` has ended.
pub const SLOTS_REVEALED_AT_START: usize = 2;
