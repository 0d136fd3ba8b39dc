//! The liveness decision: evidence in, decision with reasons out.
//!
//! Sans-I/O: this crate holds no clock, thread, file, socket or random source. The same evidence gives the same
//! decision on every machine. It runs no neural network either: scores of networks are arguments.
//!
//! ```
//! use verilume_liveness::{Decision, StaticConfig, StaticEvidence, TextureEvidence, decide_static};
//!
//! let evidence = StaticEvidence {
//!     frames_read: 30,
//!     frames_with_face: 30,
//!     frames_looking: 24,
//!     frames_with_several_faces: 0,
//!     texture: TextureEvidence::Unavailable("the texture model is not installed".into()),
//! };
//! let report = decide_static(&evidence, &StaticConfig::default());
//! assert_eq!(report.decision, Decision::Uncertain);
//! assert_eq!(report.score, None);
//! ```

mod decision;
mod evidence;
pub mod flash;
mod texture;

pub use decision::{
    Assurance, Decision, LivenessReport, Reason, StaticConfig, StaticEvidence, decide_static,
};
pub use evidence::{Signal, Threshold, Verdict};
pub use texture::{TEXTURE, TextureConfig, TextureEvidence};
