//! The 468-point face mesh in frame coordinates.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{FrameError, FrameErrorKind, Point2, Point3, Rect};

/// Points of the face mesh (the MediaPipe face mesh topology).
pub const MESH_POINT_COUNT: usize = 468;

/// A 468-point face mesh, x and y in pixels of the frame, z in the same unit growing away from the camera.
/// Wiped when dropped.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct FaceLandmarks {
    points: Vec<Point3>,
}

impl FaceLandmarks {
    /// Takes exactly [`MESH_POINT_COUNT`] points in mesh order.
    pub fn new(points: Vec<Point3>) -> Result<Self, FrameError> {
        if points.len() != MESH_POINT_COUNT {
            return Err(FrameError::new(
                FrameErrorKind::LengthMismatch,
                format!("a face mesh has {MESH_POINT_COUNT} points, not {}", points.len()),
            ));
        }
        Ok(Self { points })
    }

    /// All points in mesh order.
    pub fn points(&self) -> &[Point3] {
        &self.points
    }

    /// One point; see [`mesh`] for the indices with a name.
    ///
    /// # Panics
    /// If `index` is not below [`MESH_POINT_COUNT`].
    pub fn point(&self, index: usize) -> Point3 {
        self.points[index]
    }

    /// One point on the image plane.
    ///
    /// # Panics
    /// If `index` is not below [`MESH_POINT_COUNT`].
    pub fn at(&self, index: usize) -> Point2 {
        self.points[index].xy()
    }

    /// The smallest rectangle around all points.
    pub fn bounds(&self) -> Rect {
        Rect::bounding(self.points.iter().map(|point| point.xy())).unwrap_or_default()
    }
}

impl fmt::Debug for FaceLandmarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceLandmarks([redacted {} bytes])", size_of_val(self.points.as_slice()))
    }
}

/// Named indices of the mesh. Left and right are the person's own.
pub mod mesh {
    /// Outer corner of the right eye.
    pub const RIGHT_EYE_OUTER: usize = 33;
    /// Inner corner of the right eye.
    pub const RIGHT_EYE_INNER: usize = 133;
    /// Inner corner of the left eye.
    pub const LEFT_EYE_INNER: usize = 362;
    /// Outer corner of the left eye.
    pub const LEFT_EYE_OUTER: usize = 263;
    /// Tip of the nose.
    pub const NOSE_TIP: usize = 1;
    /// Middle of the hairline edge of the mesh.
    pub const FOREHEAD_TOP: usize = 10;
    /// Lowest point of the chin.
    pub const CHIN: usize = 152;
    /// Right edge of the face at ear height.
    pub const RIGHT_CHEEK_EDGE: usize = 234;
    /// Left edge of the face at ear height.
    pub const LEFT_CHEEK_EDGE: usize = 454;
    /// Right corner of the mouth.
    pub const MOUTH_RIGHT: usize = 61;
    /// Left corner of the mouth.
    pub const MOUTH_LEFT: usize = 291;
    /// Middle of the outer edge of the upper lip.
    pub const UPPER_LIP_TOP: usize = 0;
    /// Middle of the inner edge of the upper lip.
    pub const UPPER_LIP_INNER: usize = 13;
    /// Middle of the inner edge of the lower lip.
    pub const LOWER_LIP_INNER: usize = 14;
    /// Middle of the outer edge of the lower lip.
    pub const LOWER_LIP_BOTTOM: usize = 17;

    /// The outline of the face, clockwise in the image from the top of the forehead.
    pub const FACE_OVAL: [usize; 36] = [
        10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148,
        176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
    ];
    /// The outer edge of the lips, a closed ring.
    pub const LIPS_OUTER: [usize; 20] =
        [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
}
