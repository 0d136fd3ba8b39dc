//! The transcript of an attempt: frames chained by hashes, slots revealed only against the chain, one digest over all.
//!
//! Both sides keep one. The service's refuses a frame out of order, a head that is not the chain's, and a reveal that
//! comes too early; its digest is the one in the result. docs/reference/capture-protocol.md spells the bytes out.

mod chain;
mod digest;
mod error;

pub use chain::{ChainHead, FrameChain, FrameLink};
pub use digest::{Transcript, TranscriptOrigin, is_digest};
pub use error::{TranscriptError, TranscriptErrorKind};
