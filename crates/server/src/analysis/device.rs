//! The device as the light's geometry needs it, from what it says of itself.

use verilume_liveness::ClientCamera;
use verilume_liveness::flash::DeviceGeometry;
use verilume_protocol::stream::{Hello, PixelRect, RiskHint};

/// From this height over width on, a screen is a phone's. Origin: phones have 16:9 or more, tablets 4:3 to 3:2.
const PHONE_SCREEN_RATIO: f64 = 1.65;

/// What a device says of itself, as far as the analysis looks at it. A wrong claim can choose between three shapes of
/// screen, none of which makes a test easier; it can add to the injection risk and never take from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device {
    pub(super) geometry: DeviceGeometry,
    pub(super) camera: ClientCamera,
}

impl Device {
    /// From a hello.
    pub(crate) fn of(hello: &Hello) -> Self {
        let (width, height) = hello.device.screen_size_px;
        let ratio = f64::from(height) / f64::from(width.max(1));
        let geometry = if width == 0 || height == 0 || ratio >= PHONE_SCREEN_RATIO {
            DeviceGeometry::phone()
        } else if ratio > 1.0 {
            DeviceGeometry::tablet()
        } else {
            DeviceGeometry::laptop()
        };
        let hints = |hint| hello.risk_hints.contains(&hint);
        let camera = ClientCamera {
            lacks_capabilities: hints(RiskHint::CameraLacksControls),
            has_virtual_label: hints(RiskHint::VirtualCameraName),
        };
        Self { geometry, camera }
    }

    /// The geometry of a camera that sees only the crop: its angle of view is as much smaller as the crop is.
    pub(super) fn geometry_of(&self, crop: PixelRect, image_size: (u32, u32)) -> DeviceGeometry {
        let diagonal = |(width, height): (u32, u32)| f64::from(width).hypot(f64::from(height));
        let share = diagonal((crop.width, crop.height)) / diagonal(image_size).max(1.0);
        let half_view = (self.geometry.diagonal_view_deg / 2.0).to_radians().tan() * share;
        let mut geometry = self.geometry;
        geometry.diagonal_view_deg = 2.0 * half_view.atan().to_degrees();
        geometry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_frame_has_the_same_focal_length() {
        let device = Device { geometry: DeviceGeometry::phone(), camera: ClientCamera::default() };
        let whole = PixelRect { x: 0, y: 0, width: 480, height: 640 };
        let view = |crop| device.geometry_of(crop, (480, 640)).diagonal_view_deg;
        assert!((view(whole) - 73.0).abs() < 1e-9);
        let half = PixelRect { x: 9, y: 9, width: 240, height: 320 };
        // 400 px over tan(36.5 deg) is 541 px, and so is 200 px over the tangent of half of 40.6 deg.
        assert!((view(half) - 40.6).abs() < 0.1, "{}", view(half));
    }
}
