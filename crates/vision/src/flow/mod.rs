//! Points followed from frame to frame.

mod corners;
mod grey;
mod lucas_kanade;
#[cfg(test)]
mod tests;

pub use corners::{CornerConfig, corners};
pub use grey::{GreyImage, Pyramid};
pub use lucas_kanade::{FlowConfig, follow};
