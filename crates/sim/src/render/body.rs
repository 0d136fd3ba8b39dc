//! A body: a mesh with a texture, how its surface meets light, and the light that falls on it now.

use crate::light::{Ambient, Half, ScreenFactors, ScreenPanel, Visibility};
use crate::math::{Pose, Vec3};

use super::{Lattice, Mesh, MirrorImage, Streak, Texture};

/// The light on one row of the sensor during its exposure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RowLight {
    /// Luminance of the upper half as the camera's channels see it, nit.
    pub(crate) top: [f32; 3],
    /// Luminance of the lower half as the camera's channels see it, nit.
    pub(crate) bottom: [f32; 3],
    /// The room's light relative to its mean (mains flicker).
    pub(crate) ambient: f32,
}

impl RowLight {
    pub(crate) const NONE: Self = Self { top: [0.0; 3], bottom: [0.0; 3], ambient: 0.0 };
}

/// A display that emits what its texture holds; the texture's fourth channel is the share of `masked_tint`.
#[derive(Debug, Clone)]
pub(crate) struct Display {
    /// Luminance of white, nit.
    pub(crate) peak_nit: f32,
    /// Share of light from outside that it scatters back.
    pub(crate) reflectance: f32,
    /// Gain on all it shows, per channel.
    pub(crate) tint: [f32; 3],
    /// Gain on top of that where the texture's fourth channel says so, per channel.
    pub(crate) masked_tint: [f32; 3],
    /// The screen's mirror image in the glass.
    pub(crate) mirror: Option<MirrorImage>,
    /// Share of light that the glass mirrors.
    pub(crate) mirror_share: f32,
    /// A lamp of the room in the glass.
    pub(crate) streak: Option<Streak>,
    /// Its lattice; without one it shows its picture as it is.
    pub(crate) lattice: Option<Lattice>,
}

/// How a surface meets light.
#[derive(Debug, Clone)]
pub(crate) enum Surface {
    /// Scatters light evenly, with highlights of a strength.
    Matt {
        /// Strength of highlights, 0..1.
        gloss: f32,
    },
    /// Emits.
    Display(Display),
}

/// The light factors at each vertex.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyLight {
    /// Illuminance of the room over pi, per channel.
    pub(crate) room: [Vec<f32>; 3],
    pub(crate) room_gloss: Vec<f32>,
    pub(crate) top: ScreenFactors,
    pub(crate) bottom: ScreenFactors,
}

/// A thing in front of the camera.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) mesh: Mesh,
    pub(crate) texture: Texture,
    pub(crate) surface: Surface,
    /// Where the texture's fourth channel is below one half there is nothing.
    pub(crate) is_cut_out: bool,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) world_from_body: Pose,
    /// How much later than the true screen the light of the screen reaches this body, seconds: what is computed rather
    /// than lit reacts late.
    pub(crate) lag_secs: f64,
    pub(crate) light: BodyLight,
    /// One a row of the sensor; written before each frame.
    pub(crate) rows: Vec<RowLight>,
}

impl Body {
    /// A matt body where the world's origin is, not lit yet.
    pub(crate) fn new(mesh: Mesh, texture: Texture, surface: Surface) -> Self {
        Self {
            mesh,
            texture,
            surface,
            is_cut_out: false,
            visibility: None,
            world_from_body: Pose::IDENTITY,
            lag_secs: 0.0,
            light: BodyLight::default(),
            rows: Vec::new(),
        }
    }

    /// Computes the light factors for the present poses.
    pub(crate) fn relight(
        &mut self,
        ambient: &Ambient,
        panel: &ScreenPanel,
        world_from_device: &Pose,
        camera: Vec3,
    ) {
        let body_from_device = self.world_from_body.inverse().after(world_from_device);
        let camera_in_body = body_from_device.apply(camera);
        let gloss = match &self.surface {
            Surface::Matt { gloss } => *gloss,
            Surface::Display(_) => 0.0,
        };
        let visibility = self.visibility.as_ref();
        ambient.diffuse(&self.mesh, &self.world_from_body, visibility, &mut self.light.room);
        if gloss > 0.0 {
            ambient.gloss(&self.mesh, &self.world_from_body, camera_in_body, &mut self.light.room_gloss);
            if let Some(visibility) = visibility {
                // Recesses reflect other skin, not the room.
                let shares = visibility.of_screen(Half::Top);
                self.light.room_gloss.iter_mut().zip(shares).for_each(|(gloss, share)| *gloss *= share);
            }
        } else {
            self.light.room_gloss = vec![0.0; self.mesh.len()];
        }
        let highlights = (gloss > 0.0).then_some(camera_in_body);
        for (half, factors) in [(Half::Top, &mut self.light.top), (Half::Bottom, &mut self.light.bottom)] {
            let visible = visibility.map(|visibility| visibility.of_screen(half));
            factors.compute(panel, half, &self.mesh, &body_from_device, visible, highlights);
        }
    }
}
