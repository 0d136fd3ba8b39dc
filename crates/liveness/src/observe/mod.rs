//! From frames to evidence: what a recorded capture and a live session share.
//!
//! Networks come in through the traits of `verilume_vision::models`; no frame is kept.

mod flash;
mod still;

pub use flash::{FlashModels, FlashObserver};
pub use still::{StaticEvidence, StaticModels, StaticObserver};
