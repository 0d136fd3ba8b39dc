//! Head pose from the mesh.
//!
//! The mesh is already a weak-perspective 3-D reconstruction, so pose is the rotation of its own axes: left-right
//! from symmetric pairs, up-down from forehead to chin. Measuring along many pairs averages the network's noise, and
//! symmetric pairs cancel what is not exactly symmetric about one point.

use verilume_frame::{FaceLandmarks, Point3, mesh};

/// How the head is turned relative to the line of sight, radians. All zero: it faces the camera upright.
///
/// Yaw and pitch are taken in the head's own upright axes: a tilted head that turns has yaw, not pitch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadPose {
    /// Turn about the head's vertical: positive towards the person's left (the right side of an unmirrored image).
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
const NEUTRAL_PITCH_RAD: f32 = -0.07;

impl HeadPose {
    /// The pose of a fitted mesh.
    pub fn from_landmarks(landmarks: &FaceLandmarks) -> Self {
        let across = normalised(sum_of_differences(landmarks, &SYMMETRIC_PAIRS));
        let down = sum_of_differences(landmarks, &VERTICAL_PAIRS);
        let inwards = normalised(cross(across, down));
        let roll_rad = across.y.atan2(across.x);
        // The direction the face points to, with the roll taken out.
        let (sin, cos) = roll_rad.sin_cos();
        let (leftwards, upwards) = (-(cos * inwards.x + sin * inwards.y), cos * inwards.y - sin * inwards.x);
        Self {
            yaw_rad: leftwards.atan2(inwards.z),
            pitch_rad: upwards.clamp(-1.0, 1.0).asin() - NEUTRAL_PITCH_RAD,
            roll_rad,
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
    if length > 0.0 {
        Point3::new(v.x / length, v.y / length, v.z / length)
    } else {
        Point3::new(0.0, 0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use verilume_frame::MESH_POINT_COUNT;

    /// A mesh whose points lie on a head that is turned by the given angles: only the points that pose is measured on
    /// need a place.
    fn turned(yaw: f32, pitch: f32, roll: f32) -> FaceLandmarks {
        let mut points = vec![Point3::default(); MESH_POINT_COUNT];
        for (right, left) in SYMMETRIC_PAIRS {
            (points[right].x, points[left].x) = (-30.0, 30.0);
        }
        for (top, bottom) in VERTICAL_PAIRS {
            (points[top].y, points[bottom].y) = (-50.0, 50.0);
        }
        for point in &mut points {
            let Point3 { x, y, z } = *point;
            // Yaw to the person's left moves the left side away from the camera; pitch upwards moves the brow away.
            let (x, z) = (x * yaw.cos() - z * yaw.sin(), x * yaw.sin() + z * yaw.cos());
            let (y, z) = (y * pitch.cos() + z * pitch.sin(), z * pitch.cos() - y * pitch.sin());
            let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
            *point = Point3::new(x, y, z);
        }
        FaceLandmarks::new(points).unwrap()
    }

    #[track_caller]
    fn check(yaw: f32, pitch: f32, roll: f32) {
        let pose = HeadPose::from_landmarks(&turned(yaw, pitch, roll));
        let off = [pose.yaw_rad - yaw, pose.pitch_rad + NEUTRAL_PITCH_RAD - pitch, pose.roll_rad - roll];
        assert!(
            off.iter().all(|error| error.abs() < 0.02),
            "{pose:?} for yaw {yaw}, pitch {pitch}, roll {roll}"
        );
    }

    #[test]
    fn the_angles_of_a_turned_head_are_found() {
        check(0.0, 0.0, 0.0);
        check(0.3, 0.0, 0.0);
        check(-0.3, 0.0, 0.4);
        check(0.0, 0.25, 0.0);
        check(0.0, -0.25, -0.5);
    }

    #[test]
    fn a_mesh_without_extent_has_a_pose_of_numbers() {
        let pose =
            HeadPose::from_landmarks(&FaceLandmarks::new(vec![Point3::default(); MESH_POINT_COUNT]).unwrap());
        assert!(pose.yaw_rad.is_finite() && pose.pitch_rad.is_finite() && pose.off_axis_rad().is_finite());
    }
}
