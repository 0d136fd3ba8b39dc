//! The static image model: what surrounds the face must not be fixed to it.

/// R1: face and the ring around it as one plane.
pub const RING_PLANE: &str = "ring_plane";
/// R2: the face alone as one plane.
pub const FACE_PLANE: &str = "face_plane";
/// R3: the ring moves as much as the face.
pub const RING_FOLLOWS: &str = "ring_follows";
/// R1, the other way: the ring under the face's own homography.
pub const RING_UNDER_FACE: &str = "ring_under_face";
/// C1: light of the far background over light of the face.
pub const PHOTOMETRIC: &str = "photometric";
/// How much the face shakes.
pub const SHAKE: &str = "shake";
