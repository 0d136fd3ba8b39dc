//! Geometry of the devices that a check runs on.

use serde::{Deserialize, Serialize};

use crate::light::ScreenPanel;
use crate::math::Vec3;

/// A device with a screen and a front camera above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Device {
    /// A 6.1-inch phone, upright, in the hand.
    #[default]
    Phone,
    /// An 11-inch tablet, upright, in the hand.
    Tablet,
    /// A 13-inch laptop on a desk.
    Laptop,
}

impl Device {
    /// The screen.
    pub fn panel(self) -> ScreenPanel {
        let (width_metres, height_metres) = match self {
            Self::Phone => (0.0646, 0.140),
            Self::Tablet => (0.158, 0.240),
            Self::Laptop => (0.294, 0.165),
        };
        ScreenPanel { width_metres, height_metres, falloff: 0.7 }
    }

    /// Where the lens is, metres, with the origin in the middle of the screen.
    pub fn camera_at(self) -> Vec3 {
        let above = match self {
            Self::Phone => 0.005,
            Self::Tablet => 0.006,
            Self::Laptop => 0.008,
        };
        Vec3::new(0.0, self.panel().height_metres / 2.0 + above, 0.0)
    }

    /// Focal length for frames of a height, pixels; laptops' wide frames are cropped to portrait.
    pub fn focal_px(self, frame_height_px: u32) -> f32 {
        let share = match self {
            Self::Phone | Self::Tablet => 0.854,
            Self::Laptop => 1.05,
        };
        share * frame_height_px as f32
    }

    /// From where people usually look at it, centimetres.
    pub fn usual_distance_cm(self) -> (f32, f32) {
        match self {
            Self::Phone => (24.0, 38.0),
            Self::Tablet => (28.0, 42.0),
            Self::Laptop => (42.0, 62.0),
        }
    }

    /// Whether it is held rather than standing.
    pub fn is_hand_held(self) -> bool {
        self != Self::Laptop
    }
}
