//! The liveness decision: evidence in, decision with reasons out.
//!
//! Sans-I/O: this crate holds no clock, thread, file, socket or random source. The same evidence gives the same
//! decision on every machine. It runs no neural network either: scores of networks are arguments.
//!
//! ```
//! use verilume_liveness::fusion::{CaptureEvidence, Decision, FusionConfig, fuse};
//! use verilume_liveness::TextureEvidence;
//!
//! let evidence = CaptureEvidence {
//!     frames_read: 30,
//!     frames_with_face: 30,
//!     frames_looking: 24,
//!     frames_with_several_faces: 0,
//!     cues: vec![TextureEvidence::Unavailable("the texture model is not installed".into()).cue()],
//!     flash: None,
//! };
//! let report = fuse(&evidence, &FusionConfig::default());
//! assert_eq!(report.decision, Decision::Uncertain);
//! assert_eq!(report.score, None);
//! ```

mod cue;
mod evidence;
pub mod flash;
pub mod fusion;
mod injection;
pub mod observe;
pub mod periphery;
mod stats;
mod texture;

pub use cue::Cue;
pub use evidence::{Signal, Threshold, Verdict};
pub use injection::{ClientCamera, InjectionObservations, InjectionRisk, injection_risk};
pub use texture::{TEXTURE, TextureEvidence};
