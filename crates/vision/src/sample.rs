//! Sampling pixels out of a frame: a rotated square region of interest, the mapping between its unit square and the
//! frame, upright rectangles and single points.

use verilume_frame::{Point2, Rect, RgbView};

/// A square region of a frame, turned by a roll angle and optionally mirrored left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquareRoi {
    /// Middle of the square, pixels of the frame.
    pub centre: Point2,
    /// Side, pixels of the frame.
    pub side_px: f32,
    /// Rotation of the square, clockwise in the image, radians.
    pub roll_rad: f32,
    /// Whether the square is read from right to left.
    pub mirrored: bool,
}

impl SquareRoi {
    /// A square that is turned but not mirrored.
    pub const fn new(centre: Point2, side_px: f32, roll_rad: f32) -> Self {
        Self { centre, side_px, roll_rad, mirrored: false }
    }

    /// The same square, read from right to left.
    pub const fn mirrored(self) -> Self {
        Self { mirrored: true, ..self }
    }

    /// The same square, its side multiplied by `factor`.
    pub fn scaled(self, factor: f32) -> Self {
        Self { side_px: self.side_px * factor, ..self }
    }

    /// The point of the frame at (u, v) of the unit square, (0, 0) its first corner.
    pub fn image_from_unit(&self, unit: Point2) -> Point2 {
        let (sin, cos) = self.roll_rad.sin_cos();
        let u = (unit.x - 0.5) * self.side_px * self.x_sign();
        let v = (unit.y - 0.5) * self.side_px;
        Point2::new(self.centre.x + cos * u - sin * v, self.centre.y + sin * u + cos * v)
    }

    /// Where a point of the frame lies in the unit square.
    pub fn unit_from_image(&self, point: Point2) -> Point2 {
        let (sin, cos) = self.roll_rad.sin_cos();
        let (dx, dy) = (point.x - self.centre.x, point.y - self.centre.y);
        let u = (cos * dx + sin * dy) / self.side_px * self.x_sign();
        Point2::new(u + 0.5, (cos * dy - sin * dx) / self.side_px + 0.5)
    }

    fn x_sign(&self) -> f32 {
        if self.mirrored { -1.0 } else { 1.0 }
    }
}

/// The most source samples taken along each axis for one target pixel.
const MAX_SUPERSAMPLES: u32 = 4;

/// Samples `roi` as `size` x `size` pixels and hands each to `put(index, [r, g, b])` row by row, values 0..=255.
///
/// Bilinear, with enough samples per target pixel that shrinking doesn't alias. Outside the frame is black.
pub fn sample_square(image: RgbView<'_>, roi: &SquareRoi, size: u32, mut put: impl FnMut(usize, [f32; 3])) {
    let step = roi.side_px / size as f32;
    if !(step.is_finite() && step > 0.0) {
        return (0..(size * size) as usize).for_each(|index| put(index, [0.0; 3]));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just after")]
    let supersamples = (step as u32).clamp(1, MAX_SUPERSAMPLES);
    let (sin, cos) = roi.roll_rad.sin_cos();
    let origin = roi.image_from_unit(Point2::new(0.0, 0.0));
    let right = Point2::new(cos * step * roi.x_sign(), sin * step * roi.x_sign());
    let down = Point2::new(-sin * step, cos * step);
    let weight = 1.0 / (supersamples * supersamples) as f32;
    let offsets: Vec<(f32, f32)> = (0..supersamples * supersamples)
        .map(|k| (centred(k % supersamples, supersamples), centred(k / supersamples, supersamples)))
        .collect();
    for row in 0..size {
        for column in 0..size {
            let mut sum = [0.0_f32; 3];
            for (du, dv) in &offsets {
                let (u, v) = (column as f32 + du, row as f32 + dv);
                let x = origin.x + right.x * u + down.x * v;
                let y = origin.y + right.y * u + down.y * v;
                let rgb = bilinear(image, x, y);
                sum = [sum[0] + rgb[0], sum[1] + rgb[1], sum[2] + rgb[2]];
            }
            put((row * size + column) as usize, sum.map(|value| value * weight));
        }
    }
}

/// Samples an upright rectangle as `size` x `size` pixels, stretched, and hands each to `put(index, [r, g, b])`.
///
/// Plain bilinear, without anti-aliasing: for networks that were trained on crops made this way.
pub fn sample_rect(image: RgbView<'_>, rect: Rect, size: u32, mut put: impl FnMut(usize, [f32; 3])) {
    let (step_x, step_y) = (rect.width / size as f32, rect.height / size as f32);
    for row in 0..size {
        let y = rect.y + (row as f32 + 0.5) * step_y;
        for column in 0..size {
            let x = rect.x + (column as f32 + 0.5) * step_x;
            put((row * size + column) as usize, bilinear(image, x, y));
        }
    }
}

/// The colour at a point of the frame, 0..=255 each; black outside.
pub fn colour_at(image: RgbView<'_>, point: Point2) -> [f32; 3] {
    bilinear(image, point.x, point.y)
}

fn centred(k: u32, count: u32) -> f32 {
    (k as f32 + 0.5) / count as f32
}

/// The colour at (x, y) in frame coordinates (pixel centres at half integers); black outside.
#[inline(always)]
fn bilinear(image: RgbView<'_>, x: f32, y: f32) -> [f32; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let (x0, y0) = (floor(x), floor(y));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let inside = |at: i32, size: u32| u32::try_from(at).ok().filter(|at| at + 1 < size);
    let (Some(left), Some(upper)) = (inside(x0, image.width()), inside(y0, image.height())) else {
        return at_border(image, (x0, y0), (fx, fy));
    };
    let pair = |row: u32| image.row(row)[left as usize * 3..].first_chunk::<6>();
    match (pair(upper), pair(upper + 1)) {
        (Some(upper), Some(lower)) => blend(*upper, *lower, fx, fy),
        _ => [0.0; 3],
    }
}

/// The colour between the pixel at (x0, y0) and its right and lower neighbours where one of them is missing.
#[cold]
fn at_border(image: RgbView<'_>, (x0, y0): (i32, i32), (fx, fy): (f32, f32)) -> [f32; 3] {
    let (x0, y0) = (i64::from(x0), i64::from(y0));
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    if x0 < -1 || y0 < -1 || x0 >= width || y0 >= height {
        return [0.0; 3];
    }
    // The outermost half pixel repeats the border instead of fading to black.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped into the image")]
    let clamp = |value: i64, limit: i64| value.clamp(0, limit - 1) as u32;
    let pair = |y: i64| {
        let y = clamp(y, height);
        let ([a, b, c], [d, e, f]) = (image.pixel(clamp(x0, width), y), image.pixel(clamp(x0 + 1, width), y));
        [a, b, c, d, e, f]
    };
    blend(pair(y0), pair(y0 + 1), fx, fy)
}

/// Two neighbouring pixels of one row above two of the next.
#[inline]
fn blend(upper: [u8; 6], lower: [u8; 6], fx: f32, fy: f32) -> [f32; 3] {
    std::array::from_fn(|channel| {
        let top = lerp(upper[channel], upper[channel + 3], fx);
        let bottom = lerp(lower[channel], lower[channel + 3], fx);
        top + (bottom - top) * fy
    })
}

/// The largest integer not above `value`; without the library call that `f32::floor` is on old processors.
#[inline]
fn floor(value: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "saturating; far outside any image is outside")]
    let towards_zero = value as i32;
    towards_zero.saturating_sub(i32::from(value < towards_zero as f32))
}

#[inline]
fn lerp(a: u8, b: u8, t: f32) -> f32 {
    let (a, b) = (f32::from(a), f32::from(b));
    a + (b - a) * t
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use verilume_frame::RgbImage;

    fn gradient(width: u32, height: u32) -> RgbImage {
        let pixels = (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| [u8::try_from(x).unwrap(), u8::try_from(y).unwrap(), 7])
            })
            .collect();
        RgbImage::new(width, height, pixels).unwrap()
    }

    /// Four pixels, the border repeated half a pixel outwards, weighted by the distances to them.
    fn by_definition(image: RgbView<'_>, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (x - 0.5, y - 0.5);
        let (width, height) = (image.width() as f32, image.height() as f32);
        if x.floor() < -1.0 || y.floor() < -1.0 || x.floor() >= width || y.floor() >= height {
            return [0.0; 3];
        }
        let at = |x: f32, y: f32, channel: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped into the image"
            )]
            let clamp = |value: f32, size: f32| value.clamp(0.0, size - 1.0) as u32;
            image.pixel(clamp(x, width), clamp(y, height))[channel]
        };
        std::array::from_fn(|channel| {
            let row =
                |y: f32| lerp(at(x.floor(), y, channel), at(x.floor() + 1.0, y, channel), x - x.floor());
            let (top, bottom) = (row(y.floor()), row(y.floor() + 1.0));
            top + (bottom - top) * (y - y.floor())
        })
    }

    #[test]
    fn floor_is_the_standard_librarys() {
        for value in [-2.5, -1.0, -0.999_999_94, -0.0, 0.0, 0.3, 0.999_999_94, 1.0, 7.5] {
            assert_eq!(floor(value) as f32, f32::floor(value), "{value}");
        }
        assert_eq!((floor(f32::MAX), floor(f32::MIN)), (i32::MAX, i32::MIN));
    }

    #[test]
    fn the_identity_square_gives_the_pixels_back() {
        let image = gradient(8, 8);
        let roi = SquareRoi::new(Point2::new(4.0, 4.0), 8.0, 0.0);
        sample_square(image.view(), &roi, 8, |index, rgb| {
            let expected = [(index % 8) as f32, (index / 8) as f32, 7.0];
            assert!(rgb.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{index}: {rgb:?}");
        });
    }

    #[test]
    fn a_mirrored_square_reads_from_right_to_left() {
        let image = gradient(8, 8);
        let roi = SquareRoi::new(Point2::new(4.0, 4.0), 8.0, 0.0).mirrored();
        sample_square(image.view(), &roi, 8, |index, rgb| {
            assert!((rgb[0] - (7 - index % 8) as f32).abs() < 1e-3);
        });
    }

    #[test]
    fn shrinking_averages_instead_of_aliasing() {
        let stripes =
            RgbImage::new(16, 16, (0..256).flat_map(|i| [if i % 2 == 0 { 0 } else { 200 }; 3]).collect());
        let roi = SquareRoi::new(Point2::new(8.0, 8.0), 16.0, 0.0);
        sample_square(stripes.unwrap().view(), &roi, 4, |_, rgb| {
            assert!((rgb[0] - 100.0).abs() < 30.0, "{rgb:?}")
        });
    }

    proptest! {
        #[test]
        fn unit_and_image_are_inverse(x in -9.0..9.0f32, y in -9.0..9.0f32, side in 1.0..50.0f32,
                                      roll in -3.0..3.0f32, mirrored: bool, u in 0.0..1.0f32, v in 0.0..1.0f32) {
            let roi = SquareRoi { mirrored, ..SquareRoi::new(Point2::new(x, y), side, roll) };
            let back = roi.unit_from_image(roi.image_from_unit(Point2::new(u, v)));
            prop_assert!((back.x - u).abs() < 1e-3 && (back.y - v).abs() < 1e-3);
        }

        #[test]
        fn sampling_follows_its_definition(x in -3.0..8.0f32, y in -3.0..7.0f32) {
            let image = gradient(5, 4);
            let expected = by_definition(image.view(), x, y);
            prop_assert_eq!(bilinear(image.view(), x, y), expected);
        }

        #[test]
        fn no_square_panics(x: f32, y: f32, side: f32, roll: f32) {
            let image = gradient(5, 4);
            let mut count = 0;
            sample_square(image.view(), &SquareRoi::new(Point2::new(x, y), side, roll), 3, |_, rgb| {
                count += usize::from(rgb.iter().all(|value| !value.is_nan() && (0.0..=255.0).contains(value)));
            });
            prop_assert_eq!(count, 9);
        }
    }
}
