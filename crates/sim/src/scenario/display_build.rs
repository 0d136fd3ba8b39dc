//! What a display that is held before the camera is built like.

use serde::{Deserialize, Serialize};

/// What is around, on and in a display besides its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisplayBuild {
    /// Nothing: the picture fills the frame, the most careful attack.
    #[default]
    Bare,
    /// A phone or tablet: a thin bezel, glass with a lamp in it, a fine lattice.
    Phone,
    /// A monitor: a broader bezel, a coarser lattice.
    Monitor,
}

impl DisplayBuild {
    /// Whether there is only the picture.
    pub fn is_bare(&self) -> bool {
        *self == Self::Bare
    }
}
