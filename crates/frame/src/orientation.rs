//! The eight ways a camera can be held: EXIF orientations and container matrices, made upright.

use zeroize::Zeroizing;

use crate::RgbImage;

/// How a stored picture becomes upright: transpose first, then flip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    transpose: bool,
    flip_x: bool,
    flip_y: bool,
}

impl Orientation {
    /// As it is stored.
    pub const UPRIGHT: Self = Self { transpose: false, flip_x: false, flip_y: false };

    /// From an EXIF orientation, 1..=8; anything else counts as upright.
    pub fn from_exif(value: u8) -> Self {
        let (transpose, flip_x, flip_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, flip_x, flip_y }
    }

    /// From the a, b, c, d of an ISO media matrix (16.16 fixed point): x' = a x + c y, y' = b x + d y.
    /// `None` where the matrix turns by anything but a multiple of 90 degrees.
    pub fn from_matrix([a, b, c, d]: [i32; 4]) -> Option<Self> {
        match (a.signum(), b.signum(), c.signum(), d.signum()) {
            (x, 0, 0, y) if x != 0 && y != 0 => Some(Self { transpose: false, flip_x: x < 0, flip_y: y < 0 }),
            (0, y, x, 0) if x != 0 && y != 0 => Some(Self { transpose: true, flip_x: x < 0, flip_y: y < 0 }),
            _ => None,
        }
    }

    /// The picture as a person would hold it.
    pub fn upright(self, stored: RgbImage) -> RgbImage {
        if self == Self::UPRIGHT {
            return stored;
        }
        let (stored_width, stored_height) = (stored.width() as usize, stored.height() as usize);
        let (width, height) =
            if self.transpose { (stored_height, stored_width) } else { (stored_width, stored_height) };
        let mut pixels = Zeroizing::new(vec![0; stored.pixels().len()]);
        for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
            let y = if self.flip_y { height - 1 - y } else { y };
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let x = if self.flip_x { width - 1 - x } else { x };
                let (from_x, from_y) = if self.transpose { (y, x) } else { (x, y) };
                let from = (from_y * stored_width + from_x) * 3;
                pixel.copy_from_slice(&stored.pixels()[from..from + 3]);
            }
        }
        let (width, height) = if self.transpose {
            (stored.height(), stored.width())
        } else {
            (stored.width(), stored.height())
        };
        RgbImage::new(width, height, std::mem::take(&mut *pixels))
            .expect("as many pixels as the stored picture")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 3x2 picture whose red values are 0 1 2 / 3 4 5.
    fn stored() -> RgbImage {
        RgbImage::new(3, 2, (0..6).flat_map(|value| [value, 0, 0]).collect()).unwrap()
    }

    #[track_caller]
    fn check(orientation: Orientation, width: u32, expected: &[u8]) {
        let image = orientation.upright(stored());
        let reds: Vec<u8> = image.pixels().iter().step_by(3).copied().collect();
        assert_eq!((image.width(), reds.as_slice()), (width, expected));
    }

    #[test]
    fn every_exif_orientation() {
        check(Orientation::from_exif(1), 3, &[0, 1, 2, 3, 4, 5]);
        check(Orientation::from_exif(2), 3, &[2, 1, 0, 5, 4, 3]);
        check(Orientation::from_exif(3), 3, &[5, 4, 3, 2, 1, 0]);
        check(Orientation::from_exif(4), 3, &[3, 4, 5, 0, 1, 2]);
        check(Orientation::from_exif(5), 2, &[0, 3, 1, 4, 2, 5]);
        check(Orientation::from_exif(6), 2, &[3, 0, 4, 1, 5, 2]);
        check(Orientation::from_exif(7), 2, &[5, 2, 4, 1, 3, 0]);
        check(Orientation::from_exif(8), 2, &[2, 5, 1, 4, 0, 3]);
        check(Orientation::from_exif(0), 3, &[0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn container_matrices_turn_clockwise() {
        const ONE: i32 = 0x1_0000;
        let turned = |matrix| Orientation::from_matrix(matrix).unwrap();
        check(turned([ONE, 0, 0, ONE]), 3, &[0, 1, 2, 3, 4, 5]);
        check(turned([0, ONE, -ONE, 0]), 2, &[3, 0, 4, 1, 5, 2]);
        check(turned([-ONE, 0, 0, -ONE]), 3, &[5, 4, 3, 2, 1, 0]);
        check(turned([0, -ONE, ONE, 0]), 2, &[2, 5, 1, 4, 0, 3]);
        assert_eq!(Orientation::from_matrix([ONE, ONE, -ONE, ONE]), None);
    }
}
