//! Comparison of faces.
//!
//! An [`Embedder`] turns an aligned face into an [`Embedding`]; a [`Calibration`] turns the distance of two into a
//! rate of false matches and a confidence that means the same for every network, and says how far its data support
//! that.
//! A [`TemplateIndex`] finds the nearest of many.
//! [`RecognitionQuality`] says whether a picture is good enough to compare, [`SessionIdentity`] whether a capture
//! shows one person throughout.
//!
//! This crate compares and never decides about liveness. It infers nothing about a person: neither age nor gender nor
//! expression. It keeps nothing, and embeddings are wiped when they are dropped.
//!
//! ```no_run
//! use verilume_infer::{Engine, Weights};
//! use verilume_recognition::{Calibration, Embedder};
//! # fn two_faces() -> Result<[(verilume_frame::RgbImage, verilume_frame::FaceLandmarks); 2], Box<dyn
//! std::error::Error>> {
//! #     Err("none here".into())
//! # }
//!
//! let embedder = Embedder::load(&Engine::rten(), &Weights::in_folder("assets/models"))?;
//! let [(first, first_mesh), (second, second_mesh)] = two_faces()?;
//! let first = embedder.embed(first.view(), &first_mesh)?;
//! let second = embedder.embed(second.view(), &second_mesh)?;
//! let assessment = Calibration::shipped().assess(first.distance(&second, embedder.spec().metric)?);
//! println!("one person: {}", assessment.is_identical(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calibration;
mod chip;
mod embedder;
mod embedding;
mod error;
mod portrait;
mod quality;
mod search;
mod session;
mod tail;

pub use calibration::{Assessment, Calibration, ImpostorPair, Provenance, independent_cases};
pub use chip::Template;
pub use embedder::{Embedder, EmbedderSpec};
pub use embedding::{Embedding, Metric};
pub use error::{RecognitionError, RecognitionErrorKind};
pub use portrait::{FaceChoice, Portrait, PortraitReader};
pub use quality::{QualityBounds, QualityConfig, QualityIssue, QualityLevel, RecognitionQuality};
pub use search::{Nearest, TemplateIndex};
pub use session::{SessionIdentity, SessionIdentityConfig};
pub use tail::GeneralisedPareto;
