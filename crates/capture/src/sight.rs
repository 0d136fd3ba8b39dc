//! What the client sees: a frame, and the faces that a tracker found in it.

use verilume_frame::{Rect, RgbView, Timestamp};
use verilume_vision::{FaceObservation, FaceQuality, Gaze, HeadPose, MouthCover};

/// What the capture needs to know of one face. Numbers about a face, none of its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenFace {
    /// The tracker's number for it.
    pub id: u32,
    /// Box around the face, pixels of the frame.
    pub face_in_image: Rect,
    /// The box as the face detector draws it (brow to chin, about square), pixels of the frame.
    pub detector_box_in_image: Rect,
    /// How the head is turned.
    pub pose: HeadPose,
    /// Where the person looks.
    pub gaze: Gaze,
    /// Whether both eyes are shut; `None` if that cannot be told.
    pub are_eyes_shut: Option<bool>,
    /// What can be seen of the mouth.
    pub mouth: MouthCover,
    /// Image quality of the face.
    pub quality: FaceQuality,
}

impl From<&FaceObservation> for SeenFace {
    fn from(face: &FaceObservation) -> Self {
        Self {
            id: face.id.get(),
            face_in_image: face.face_in_image,
            detector_box_in_image: face.detector_box_in_image,
            pose: face.pose,
            gaze: face.gaze,
            are_eyes_shut: face.eyes.closed(),
            mouth: face.mouth.cover,
            quality: face.quality,
        }
    }
}

/// One frame and its faces. `faces` and `faces_detected` are what `verilume_vision::FaceTracker` gives.
#[derive(Debug, Clone, Copy)]
pub struct FrameObservation<'a> {
    /// The pixels, upright and not mirrored.
    pub view: RgbView<'a>,
    /// When it was captured, on the clock that every time here is on.
    pub captured_at: Timestamp,
    /// The tracked faces, largest first.
    pub faces: &'a [SeenFace],
    /// How many faces the detector last saw, tracked or not.
    pub faces_detected: usize,
}

impl FrameObservation<'_> {
    /// The only tracked face; `None` if there is none or another one beside it.
    pub(crate) fn only_face(&self) -> Option<&SeenFace> {
        match self.faces {
            [face] if is_measurable(face) => Some(face),
            _ => None,
        }
    }

    /// Whether another face is tracked, or was only detected: a detection may be up to a second old, and wrong.
    pub(crate) fn has_several(&self) -> bool {
        self.has_several_tracked() || self.faces_detected > 1
    }

    /// Whether another face is tracked.
    pub(crate) fn has_several_tracked(&self) -> bool {
        self.faces.len() > 1
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        (self.view.width(), self.view.height())
    }
}

/// A tracker that breaks down gives boxes of no size or of no numbers: nothing can be measured on those.
fn is_measurable(face: &SeenFace) -> bool {
    [face.face_in_image, face.detector_box_in_image].iter().all(|rect| {
        [rect.x, rect.y, rect.width, rect.height].iter().all(|number| number.is_finite())
            && rect.width >= 1.0
            && rect.height >= 1.0
    })
}
