//! Whether an attempt that has begun is still about the same face, in view.

use verilume_frame::{Rect, Timestamp};
use verilume_protocol::stream::{AbortReason, PixelRect};
use verilume_vision::AttentionGate;

use crate::gate::looks_away;
use crate::{FrameObservation, GateConfig, HintCode, SeenFace};

/// What a frame of a running attempt shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watched {
    /// What to tell the person.
    pub(crate) hint: HintCode,
    /// Whether the frame may be sent: it shows the one face, and nobody else's.
    pub(crate) is_usable: bool,
}

/// Watches one face through an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    config: GateConfig,
    attention: AttentionGate,
    face: u32,
    image_size: (u32, u32),
    crop: Rect,
    broken_since: Option<Timestamp>,
}

impl Watch {
    pub(crate) fn new(config: GateConfig, face: u32, image_size: (u32, u32), crop: PixelRect) -> Self {
        Self {
            config,
            attention: AttentionGate::new(config.attention),
            face,
            image_size,
            crop: crop.to_rect(),
            broken_since: None,
        }
    }

    /// Takes the next frame; an error says why the attempt cannot go on.
    pub(crate) fn update(&mut self, frame: &FrameObservation<'_>) -> Result<Watched, AbortReason> {
        if frame.size() != self.image_size {
            return Err(AbortReason::Moved);
        }
        let now = frame.captured_at;
        match self.face_or_break(frame) {
            Ok(face) => {
                self.broken_since = None;
                let hint = looks_away(&mut self.attention, face, now, &self.config);
                Ok(Watched { hint: hint.unwrap_or(HintCode::HoldStill), is_usable: true })
            }
            Err((reason, hint)) => {
                let since = *self.broken_since.get_or_insert(now);
                if now - since >= self.config.broken_after {
                    return Err(reason);
                }
                Ok(Watched { hint, is_usable: false })
            }
        }
    }

    fn face_or_break<'f>(
        &self,
        frame: &'f FrameObservation<'_>,
    ) -> Result<&'f SeenFace, (AbortReason, HintCode)> {
        // Before the gate every doubt counts; here a single wrong detection must not break an attempt.
        if frame.has_several_tracked() {
            return Err((AbortReason::SeveralFaces, HintCode::SeveralFaces));
        }
        match frame.only_face() {
            Some(face) if face.id != self.face => Err((AbortReason::FaceLost, HintCode::NoFace)),
            Some(face) if !is_inside(face.face_in_image, self.crop, frame.view.bounds()) => {
                Err((AbortReason::Moved, HintCode::Moving))
            }
            Some(face) => Ok(face),
            None => Err((AbortReason::FaceLost, HintCode::NoFace)),
        }
    }
}

/// Whether what the frame shows of a face is in the crop.
fn is_inside(face: Rect, crop: Rect, frame: Rect) -> bool {
    let face = face.intersection(frame);
    face.area() > 0.0
        && face.x >= crop.x
        && face.y >= crop.y
        && face.right() <= crop.right()
        && face.bottom() <= crop.bottom()
}
