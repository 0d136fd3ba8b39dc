//! What the tracker says about one face in one frame.

use verilume_frame::{FaceLandmarks, Rect, Timestamp};

use crate::{Eyes, FaceQuality, Gaze, HeadPose, MouthVisibility};

/// A face's number, stable while it is tracked. Counts up from 1 within one tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId(pub(crate) u32);

impl FaceId {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// One face in one frame.
#[derive(Debug, Clone)]
pub struct FaceObservation {
    /// Which face this is.
    pub id: FaceId,
    /// Box around the mesh, pixels of the frame.
    pub face_in_image: Rect,
    /// The box as the face detector draws it (brow to chin, about square), pixels of the frame: what networks that were
    /// trained on detector boxes expect.
    pub detector_box_in_image: Rect,
    /// The mesh network's confidence that this is a face, 0..=1.
    pub presence: f32,
    /// The 468-point mesh.
    pub landmarks: FaceLandmarks,
    /// Both eyes.
    pub eyes: Eyes,
    /// How the head is turned.
    pub pose: HeadPose,
    /// Where the person looks.
    pub gaze: Gaze,
    /// What can be seen of the mouth.
    pub mouth: MouthVisibility,
    /// Image quality of the face.
    pub quality: FaceQuality,
}

/// All faces of one frame.
#[derive(Debug, Clone)]
pub struct TrackedFrame {
    /// When the frame was captured.
    pub captured_at: Timestamp,
    /// The tracked faces, largest first.
    pub faces: Vec<FaceObservation>,
    /// How many faces the detector last saw, tracked or not.
    pub faces_detected: usize,
}

impl TrackedFrame {
    /// The largest face.
    pub fn primary(&self) -> Option<&FaceObservation> {
        self.faces.first()
    }
}
