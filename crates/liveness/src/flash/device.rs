//! The screen that flashes and the camera beside it.

use serde::{Deserialize, Serialize};

/// Where the light comes from, seen from the camera, and how the camera sees. All lengths in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeviceGeometry {
    /// Width of the lit area as held, mm.
    pub screen_width_mm: f64,
    /// Height of the lit area as held, mm.
    pub screen_height_mm: f64,
    /// How far the camera is above the middle of the screen, mm.
    pub camera_above_centre_mm: f64,
    /// Luminance of full white, cd/m2.
    pub white_nits: f64,
    /// Angle of view over the diagonal of the frame, degrees.
    pub diagonal_view_deg: f64,
}

impl DeviceGeometry {
    /// A 6.1-inch phone held upright at 400 cd/m2, camera at its top edge.
    pub const fn phone() -> Self {
        Self {
            screen_width_mm: 65.0,
            screen_height_mm: 140.0,
            camera_above_centre_mm: 75.0,
            white_nits: 400.0,
            diagonal_view_deg: 73.0,
        }
    }

    /// An 11-inch tablet held upright at 400 cd/m2, camera at its top edge.
    pub const fn tablet() -> Self {
        Self {
            screen_width_mm: 158.0,
            screen_height_mm: 240.0,
            camera_above_centre_mm: 125.0,
            white_nits: 400.0,
            diagonal_view_deg: 73.0,
        }
    }

    /// A 13-inch laptop at 400 cd/m2, camera above the screen.
    pub const fn laptop() -> Self {
        Self {
            screen_width_mm: 294.0,
            screen_height_mm: 165.0,
            camera_above_centre_mm: 90.0,
            white_nits: 400.0,
            diagonal_view_deg: 73.0,
        }
    }

    /// The focal length in pixels of a frame of this size.
    pub(super) fn focal_px(&self, width_px: f64, height_px: f64) -> f64 {
        width_px.hypot(height_px) / 2.0 / (self.diagonal_view_deg.clamp(10.0, 170.0).to_radians() / 2.0).tan()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn focal_length_follows_from_the_view() {
        let device = DeviceGeometry { diagonal_view_deg: 90.0, ..DeviceGeometry::phone() };
        assert!((device.focal_px(360.0, 480.0) - 300.0).abs() < 1e-9);
    }
}
