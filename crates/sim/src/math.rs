//! Vectors, rotations and rigid motions, in metres and radians.

use std::ops::{Add, Mul, Neg, Sub};

/// A point or direction: x to the right of the image, y up, z from the person towards the screen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vec3 {
    /// To the right of the camera's image.
    pub x: f32,
    /// Up.
    pub y: f32,
    /// From the person towards the screen.
    pub z: f32,
}

impl Vec3 {
    /// A vector of three components.
    pub const fn new(x: f32, y: f32, z: f32) -> Self {
        Self { x, y, z }
    }

    /// Scalar product.
    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// Vector product.
    pub fn cross(self, other: Self) -> Self {
        Self::new(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    /// Euclidean length.
    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The same direction with length 1; the zero vector stays.
    pub fn normalised(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { self }
    }
}

impl From<[f32; 3]> for Vec3 {
    fn from([x, y, z]: [f32; 3]) -> Self {
        Self::new(x, y, z)
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor, self.z * factor)
    }
}

/// A rigid motion `a_from_b`: rotates, then translates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Rows of the rotation matrix.
    pub rotation: [Vec3; 3],
    /// Where the origin goes, metres.
    pub translation: Vec3,
}

impl Pose {
    /// Nothing moves.
    pub const IDENTITY: Self = Self {
        rotation: [Vec3::new(1.0, 0.0, 0.0), Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.0, 0.0, 1.0)],
        translation: Vec3::new(0.0, 0.0, 0.0),
    };

    /// Roll about z, then pitch about x, then yaw about y (radians), then the translation. Positive yaw turns the
    /// front (z) towards x; positive pitch turns it up.
    pub fn from_angles(yaw_rad: f32, pitch_rad: f32, roll_rad: f32, translation: Vec3) -> Self {
        let ((sy, cy), (sp, cp), (sr, cr)) = (yaw_rad.sin_cos(), (-pitch_rad).sin_cos(), roll_rad.sin_cos());
        let yaw = [Vec3::new(cy, 0.0, sy), Vec3::new(0.0, 1.0, 0.0), Vec3::new(-sy, 0.0, cy)];
        let pitch = [Vec3::new(1.0, 0.0, 0.0), Vec3::new(0.0, cp, -sp), Vec3::new(0.0, sp, cp)];
        let roll = [Vec3::new(cr, -sr, 0.0), Vec3::new(sr, cr, 0.0), Vec3::new(0.0, 0.0, 1.0)];
        Self { rotation: product(&product(&yaw, &pitch), &roll), translation }
    }

    /// Only a translation.
    pub const fn at(translation: Vec3) -> Self {
        Self { translation, ..Self::IDENTITY }
    }

    /// A direction rotated.
    pub fn turn(&self, direction: Vec3) -> Vec3 {
        let [x, y, z] = self.rotation;
        Vec3::new(x.dot(direction), y.dot(direction), z.dot(direction))
    }

    /// A point rotated and translated.
    pub fn apply(&self, point: Vec3) -> Vec3 {
        self.turn(point) + self.translation
    }

    /// The motion back.
    pub fn inverse(&self) -> Self {
        let rotation = transposed(&self.rotation);
        let back = Self { rotation, translation: Vec3::default() };
        Self { rotation, translation: -back.turn(self.translation) }
    }

    /// `a_from_b.then_from(b_from_c)` is `a_from_c`.
    pub fn after(&self, first: &Self) -> Self {
        Self {
            rotation: product(&self.rotation, &first.rotation),
            translation: self.apply(first.translation),
        }
    }
}

fn transposed([a, b, c]: &[Vec3; 3]) -> [Vec3; 3] {
    [Vec3::new(a.x, b.x, c.x), Vec3::new(a.y, b.y, c.y), Vec3::new(a.z, b.z, c.z)]
}

fn product(left: &[Vec3; 3], right: &[Vec3; 3]) -> [Vec3; 3] {
    let columns = transposed(right);
    left.map(|row| Vec3::new(row.dot(columns[0]), row.dot(columns[1]), row.dot(columns[2])))
}

/// The number of whole steps in a value that is known to be in `0..=65535`; anything else is clipped.
pub(crate) fn index(value: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clipped")]
    let index = value.clamp(0.0, 65_535.0) as usize;
    index
}

/// The nearest 8-bit value of a number in 0..=1; anything else is clipped.
pub(crate) fn unit_to_u8(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clipped")]
    let units = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    units
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// `a` at 0, `b` at 1.
pub(crate) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_and_its_inverse_cancel() {
        let pose = Pose::from_angles(0.3, -0.2, 0.1, Vec3::new(0.1, 0.2, -0.3));
        let point = Vec3::new(0.05, -0.02, 0.4);
        assert!((pose.inverse().apply(pose.apply(point)) - point).length() < 1e-6);
        assert!((pose.after(&pose.inverse()).apply(point) - point).length() < 1e-6);
    }

    #[test]
    fn angles_turn_the_front_as_they_say() {
        let front = Vec3::new(0.0, 0.0, 1.0);
        assert!(Pose::from_angles(0.1, 0.0, 0.0, Vec3::default()).turn(front).x > 0.09);
        assert!(Pose::from_angles(0.0, 0.1, 0.0, Vec3::default()).turn(front).y > 0.09);
    }
}
