//! Who is in a capture: one frame to compare with a reference, and whether it is one person throughout.
//!
//! The frame is the service's choice: the sharpest of the neutral hold in which the person looks at the camera. It is one
//! of the hash chain, like every frame that comes here.
//! One frame of each slot is embedded beside it, so that a face that was exchanged after the hold is found.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use verilume_frame::{FaceLandmarks, Frame, RgbView};
use verilume_recognition::{Embedder, Embedding, SessionIdentity, SessionIdentityConfig};

/// The frame of a slot that is embedded, counted from 0 among those that could be used. Origin: the first one may still
/// show the colour before it.
const FRAME_OF_SLOT: u32 = 1;
/// With fewer frames nobody can say that it is one person throughout. Origin: half the slots of the standard profile, and
/// the frame of the hold.
const FEWEST_FRAMES: usize = 7;

/// Who is in a capture.
#[derive(Debug)]
pub(crate) struct Identity {
    /// What a reference is compared with; none if no frame would do.
    pub(crate) probe: Option<Embedding>,
    /// Whether it is one person throughout.
    pub(crate) across: Throughout,
}

/// Whether a capture shows one person throughout.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Throughout {
    /// What the frames say.
    #[serde(flatten)]
    pub(crate) identity: SessionIdentity,
    /// Frames that were compared.
    pub(crate) frames: usize,
}

impl Throughout {
    /// Whether it is one person, by enough frames.
    pub(crate) fn is_one(self) -> bool {
        matches!(self.identity, SessionIdentity::One { .. }) && self.frames >= FEWEST_FRAMES
    }

    /// Whether two frames show different people.
    pub(crate) fn is_several(self) -> bool {
        matches!(self.identity, SessionIdentity::Several { .. })
    }
}

/// Gathers who is in a capture, frame by frame.
pub(super) struct IdentityObserver {
    embedder: Arc<Embedder>,
    config: SessionIdentityConfig,
    /// The best frame of the hold, until the colours come.
    best: Option<Candidate>,
    probe: Option<Embedding>,
    slots: Vec<Embedding>,
    /// The slot that is on the screen, and how many of its frames could be used.
    current: Option<(u32, u32)>,
}

/// A frame of the hold.
struct Candidate {
    frame: Frame,
    landmarks: FaceLandmarks,
    sharpness: f32,
}

impl IdentityObserver {
    pub(super) fn new(embedder: Arc<Embedder>, config: SessionIdentityConfig) -> Self {
        Self { embedder, config, best: None, probe: None, slots: Vec::new(), current: None }
    }

    /// Takes a frame of the hold in which the person looks at the camera.
    pub(super) fn hold(&mut self, frame: &Frame, landmarks: &FaceLandmarks, sharpness: f32) {
        // Where the light stays the same, frames of slots come here too.
        let is_before_slots = self.current.is_none();
        if is_before_slots && self.best.as_ref().is_none_or(|best| sharpness > best.sharpness) {
            self.best = Some(Candidate { frame: frame.clone(), landmarks: landmarks.clone(), sharpness });
        }
    }

    /// Takes a frame of a slot with its face.
    pub(super) fn slot(&mut self, slot: u32, view: RgbView<'_>, landmarks: &FaceLandmarks) {
        self.embed_best();
        let used = match self.current {
            Some((current, used)) if current == slot => used + 1,
            _ => 0,
        };
        self.current = Some((slot, used));
        if used == FRAME_OF_SLOT {
            // A face without extent cannot be embedded; enough others must be.
            self.slots.extend(self.embedder.embed(view, landmarks).ok());
        }
    }

    /// The frame of the hold is wiped as soon as it has been embedded.
    fn embed_best(&mut self) {
        if let Some(best) = self.best.take() {
            self.probe = self.embedder.embed(best.frame.view(), &best.landmarks).ok();
        }
    }

    /// What all of it says.
    pub(super) fn finish(mut self) -> Identity {
        self.embed_best();
        let frames: Vec<Embedding> = self.probe.iter().cloned().chain(self.slots).collect();
        let metric = self.embedder.spec().metric;
        // All are of one network: they can be compared.
        let identity =
            SessionIdentity::of(&frames, metric, &self.config).unwrap_or(SessionIdentity::TooFewFrames);
        Identity { probe: self.probe, across: Throughout { identity, frames: frames.len() } }
    }
}

impl fmt::Debug for IdentityObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityObserver({} slots, [redacted])", self.slots.len())
    }
}
