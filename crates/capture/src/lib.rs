//! The core of a capturing device: it watches camera frames, guides the person, shows the colours of the flash
//! challenge, and sends evidence to the service within a budget of bytes.
//!
//! Sans-I/O: no clock, thread, file, socket or random source. A [`CaptureClient`] takes one [`Input`] after another, each
//! with the time, and gives [`Output`]s until there are none: bytes to send, colours to show, a hint for the person, and
//! exactly one [`Terminal`] per start. It decides nothing about liveness: it never learns what was decided.
//!
//! **Attention first.** Nothing that comes from a frame is sent before exactly one face has looked at the camera,
//! frontal and still, for half a second ([`GateConfig`]).
//!
//! ```
//! use verilume_capture::{CaptureClient, CaptureConfig, CaptureState, Input, Output, StartRequest, Terminal};
//! use verilume_frame::Timestamp;
//! use verilume_protocol::stream::SessionToken;
//!
//! let mut client = CaptureClient::new(CaptureConfig::default());
//! let request = StartRequest::new(SessionToken::new("the token that the app got"));
//! client.handle(Input::Start(&request), Timestamp::from_millis(0));
//! // The transport sends what comes out, and gives what comes in to Input::Message.
//! assert!(matches!(client.poll(), Some(Output::State(change)) if change.state == CaptureState::Connecting));
//! assert!(matches!(client.poll(), Some(Output::Send(_))));
//! client.handle(Input::Cancel, Timestamp::from_millis(20));
//! let outputs: Vec<Output> = std::iter::from_fn(|| client.poll()).collect();
//! assert!(outputs.iter().any(|output| matches!(output, Output::Terminal(Terminal::Canceled))));
//! ```

mod attempt;
mod client;
mod config;
mod crop;
mod gate;
mod guidance;
mod input;
mod output;
mod pacer;
mod schedule;
mod sight;
mod watch;

pub use client::CaptureClient;
pub use config::{CaptureConfig, EvidenceConfig, GateConfig, GuidanceConfig, StateCaps};
pub use guidance::{Hint, HintCode, Towards, Urgency};
pub use input::{Input, StartRequest};
pub use output::{CaptureState, Failure, Output, StateChange, Terminal, TryAgain};
pub use schedule::{ScreenColours, ScreenStep};
pub use sight::{FrameObservation, SeenFace};
