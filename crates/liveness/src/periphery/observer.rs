//! Fed every frame, the observer cuts a capture into windows and ends in cues.

use std::fmt;

use verilume_frame::{Rect, RgbView, Timestamp};
use verilume_vision::models::PersonGrid;

use super::boundary::{self, Boundary};
use super::edge_hand::{self, EdgeHand};
use super::mask_cut::{self, MaskCut};
use super::noise_repetition::{self, NoiseRepetition};
use super::outline::Outline;
use super::repetition::{self, Repetition};
use super::screen::{self, Spectrum};
use super::window::{Measured, Window};
use super::{
    banding, clipped_light, emissive_white, face_depth, face_plane, face_relief, fixedness, frame_plane,
    glass_streaks, outline_parallax, photometric, ring_carried, ring_follows, ring_plane, ring_under_face,
    shake,
};
use crate::Cue;

/// The longer side of the frames that points are followed in, pixels, at most. Origin: the study of real captures was
/// made at this size, and its distances are in these pixels.
const LONGER_SIDE: u32 = 640;
/// Windows beyond this many add nothing but cost. Origin: eight windows are 13 s.
const MOST_WINDOWS: usize = 8;

/// A frame with the face in it.
#[derive(Debug, Clone, Copy)]
pub struct PeripheryFrame<'a> {
    /// When it was captured.
    pub captured_at: Timestamp,
    /// The pixels, upright.
    pub view: RgbView<'a>,
    /// The main face as the detector draws it (brow to chin, about square), pixels of the frame; `None` without one.
    pub face: Option<Rect>,
}

/// Watches a capture for what is fixed to the face. Feed it every frame in order of time.
#[derive(Default)]
pub struct PeripheryObserver {
    window: Option<Window>,
    measured: Vec<Measured>,
    repetition: Repetition,
    noise: NoiseRepetition,
    boundary: Boundary,
    edge_hand: EdgeHand,
    mask_cut: MaskCut,
    /// Of the last look at the person that no window began with.
    outline: Option<Outline>,
    spectrum: Spectrum,
}

impl PeripheryObserver {
    /// An observer that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &PeripheryFrame<'_>) {
        self.repetition.push(frame.view);
        self.noise.push(frame.view);
        let Some(face) = frame.face.filter(|face| face.area() > 0.0) else {
            self.close();
            return;
        };
        let taken = match &mut self.window {
            Some(window) => window.push(frame.view, frame.captured_at, face),
            None => false,
        };
        self.spectrum.push(frame.view, face);
        if !taken {
            self.close();
            self.begin(frame, face);
        }
    }

    /// Looks at the outline of the person in a frame; `face` as in [`PeripheryFrame`].
    pub fn look_at_person(&mut self, person: &PersonGrid, face: Rect, frame_size: (u32, u32)) {
        let (width, height) = (frame_size.0.max(1) as f32, frame_size.1.max(1) as f32);
        let outline = Outline::of(person, height / width);
        self.mask_cut.push(&outline, face.width / width);
        self.outline = Some(outline);
    }

    fn begin(&mut self, frame: &PeripheryFrame<'_>, face: Rect) {
        if self.measured.len() >= MOST_WINDOWS {
            return;
        }
        let longer = frame.view.width().max(frame.view.height());
        let factor = longer.div_ceil(LONGER_SIDE);
        let outline = self.outline.take();
        let window = Window::begin(frame.view, frame.captured_at, face, factor, outline.as_ref());
        let edges = self.boundary.push(window.image(), window.regions());
        self.edge_hand.push(frame.view, factor, window.regions(), &edges);
        self.window = Some(window);
    }

    fn close(&mut self) {
        self.measured.extend(self.window.take().and_then(Window::finish));
    }

    /// The cues of the capture, each with its value or the reason why it has none.
    pub fn finish(mut self) -> Vec<Cue> {
        self.close();
        let windows = &self.measured;
        vec![
            ring_plane::cue(windows),
            ring_under_face::cue(windows),
            ring_carried::cue(windows),
            ring_follows::cue(windows),
            outline_parallax::cue(windows),
            face_plane::cue(windows),
            face_relief::cue(windows),
            face_depth::cue(windows),
            frame_plane::cue(windows),
            fixedness::cue(windows),
            photometric::cue(windows),
            shake::cue(windows),
            boundary::cue(&self.boundary),
            edge_hand::cue(&self.edge_hand),
            mask_cut::cue(&self.mask_cut),
            screen::cue(&self.spectrum),
            glass_streaks::cue(windows),
            clipped_light::cue(windows),
            emissive_white::cue(windows),
            banding::cue(windows),
            repetition::cue(&self.repetition),
            noise_repetition::cue(self.noise),
        ]
    }
}

impl fmt::Debug for PeripheryObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeripheryObserver").field("windows", &self.measured.len()).finish_non_exhaustive()
    }
}
