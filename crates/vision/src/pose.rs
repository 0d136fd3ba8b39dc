//! Head pose from the mesh.
//!
//! The mesh is already a weak-perspective 3-D reconstruction, so pose is the rotation of its own axes: left-right
//! from symmetric pairs, up-down from forehead to chin. Measuring along many pairs averages the network's noise, and
//! symmetric pairs cancel what is not exactly symmetric about one point.

use verilume_frame::{FaceLandmarks, Point3, mesh};

/// How the head is turned relative to the line of sight, radians. All zero: it faces the camera upright.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadPose {
    /// Turn about the vertical: positive towards the person's right (the left side of an unmirrored image).
    pub yaw_rad: f32,
    /// Nod: positive looks up.
    pub pitch_rad: f32,
    /// Tilt in the image plane: positive clockwise in the image.
    pub roll_rad: f32,
}

/// Pairs of mesh points that mirror each other: the person's right, then left.
const SYMMETRIC_PAIRS: [(usize, usize); 9] =
    [(33, 263), (133, 362), (234, 454), (127, 356), (93, 323), (132, 361), (58, 288), (162, 389), (172, 397)];

/// Pairs from the forehead down to the jaw.
const VERTICAL_PAIRS: [(usize, usize); 5] =
    [(mesh::FOREHEAD_TOP, mesh::CHIN), (109, 148), (338, 377), (67, 176), (297, 400)];

/// Pitch of the forehead-to-chin line of a head that faces the camera: the forehead of the mesh lies farther from
/// the camera than the chin's front. Radians; median over the official portraits among the test media, see
/// docs/adr/0007-measurement-conventions.md.
const NEUTRAL_PITCH_RAD: f32 = 0.0;

impl HeadPose {
    /// The pose of a fitted mesh.
    pub fn from_landmarks(landmarks: &FaceLandmarks) -> Self {
        let across = normalised(sum_of_differences(landmarks, &SYMMETRIC_PAIRS));
        let down = sum_of_differences(landmarks, &VERTICAL_PAIRS);
        let inwards = normalised(cross(across, down));
        let facing = Point3::new(-inwards.x, -inwards.y, -inwards.z);
        Self {
            yaw_rad: (-facing.x).atan2(-facing.z),
            pitch_rad: (-facing.y).clamp(-1.0, 1.0).asin() - NEUTRAL_PITCH_RAD,
            roll_rad: across.y.atan2(across.x),
        }
    }

    /// The angle between where the face points and the camera, radians, 0..=pi.
    pub fn off_axis_rad(&self) -> f32 {
        (self.yaw_rad.cos() * self.pitch_rad.cos()).clamp(-1.0, 1.0).acos()
    }
}

fn sum_of_differences(landmarks: &FaceLandmarks, pairs: &[(usize, usize)]) -> Point3 {
    pairs.iter().fold(Point3::default(), |sum, (from, to)| {
        let (a, b) = (landmarks.point(*from), landmarks.point(*to));
        Point3::new(sum.x + b.x - a.x, sum.y + b.y - a.y, sum.z + b.z - a.z)
    })
}

fn cross(a: Point3, b: Point3) -> Point3 {
    Point3::new(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

fn normalised(v: Point3) -> Point3 {
    let length = (v.x * v.x + v.y * v.y + v.z * v.z).sqrt();
    if length > 0.0 { Point3::new(v.x / length, v.y / length, v.z / length) } else { Point3::new(0.0, 0.0, 1.0) }
}
