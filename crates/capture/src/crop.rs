//! The part of a frame that is sent: the face with what surrounds it, reduced in size, as JPEG.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use verilume_frame::{Rect, RgbImage, RgbView};
use verilume_protocol::stream::{JpegBytes, PixelRect};

/// The part of the frame around a face, in widths of the face's box; as much of it as is inside the frame, and at least
/// one pixel.
pub(crate) fn crop_around(face: Rect, faces: (f32, f32), image_size: (u32, u32)) -> PixelRect {
    let wanted = Rect::around(face.centre(), face.width * faces.0, face.width * faces.1);
    let span = |from: f32, to: f32, limit: u32| {
        let from = whole(from.floor()).min(limit.saturating_sub(1));
        (from, whole(to.ceil()).clamp(from + 1, limit.max(from + 1)) - from)
    };
    let (x, width) = span(wanted.x, wanted.right(), image_size.0);
    let (y, height) = span(wanted.y, wanted.bottom(), image_size.1);
    PixelRect { x, y, width, height }
}

/// The size at which a crop is sent, for a scale of 0..=1.
pub(crate) fn scaled_size(crop: PixelRect, scale: f32) -> (u32, u32) {
    let side = |length: u32| whole((length as f32 * scale).round()).clamp(1, length);
    (side(crop.width), side(crop.height))
}

/// The JPEG of a crop; `None` if it is not inside the frame, or JPEG cannot hold it.
pub(crate) fn encoded(
    view: RgbView<'_>,
    crop: PixelRect,
    size: (u32, u32),
    quality: u8,
) -> Option<JpegBytes> {
    let part = view.part(crop.x, crop.y, crop.width, crop.height)?;
    let image = reduced(part, size)?;
    let (width, height) = (u16::try_from(size.0).ok()?, u16::try_from(size.1).ok()?);
    // Room for any content: the buffer never grows, so no copy of the face is left behind unwiped.
    let mut bytes = Vec::with_capacity(image.pixels().len() * 2 + (4 << 10));
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(image.pixels(), width, height, ColorType::Rgb).ok()?;
    Some(JpegBytes::new(bytes))
}

/// The mean of the pixels under each pixel of the smaller image. In whole numbers, so that every platform gives the same.
fn reduced(view: RgbView<'_>, size: (u32, u32)) -> Option<RgbImage> {
    let (width, height) = size;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    if size == (view.width(), view.height()) {
        (0..height).for_each(|y| pixels.extend_from_slice(view.row(y)));
        return RgbImage::new(width, height, pixels).ok();
    }
    let taps = taps(width, view.width());
    let mut sums = vec![[0u64; 3]; width as usize];
    let weight = u64::from(view.width()) * u64::from(view.height());
    for y in 0..height {
        sums.fill([0; 3]);
        for (row, row_weight) in Span::of(y, height, view.height()).weights() {
            add_row(&mut sums, &taps, view.row(row), row_weight);
        }
        for sum in &sums {
            pixels.extend(sum.map(|sum| u8::try_from((sum + weight / 2) / weight).unwrap_or(u8::MAX)));
        }
    }
    RgbImage::new(width, height, pixels).ok()
}

/// What a pixel of a row gives to one of the smaller row. Worked out once for all rows: it takes divisions.
struct Tap {
    to: usize,
    from: usize,
    weight: u64,
}

fn taps(small: u32, large: u32) -> Vec<Tap> {
    let of = |to: u32| {
        let weights = Span::of(to, small, large).weights();
        weights.map(move |(from, weight)| Tap { to: to as usize, from: from as usize, weight })
    };
    (0..small).flat_map(of).collect()
}

fn add_row(sums: &mut [[u64; 3]], taps: &[Tap], row: &[u8], row_weight: u64) {
    let (pixels, _) = row.as_chunks::<3>();
    for tap in taps {
        let weight = tap.weight * row_weight;
        for (sum, channel) in sums[tap.to].iter_mut().zip(pixels[tap.from]) {
            *sum += u64::from(channel) * weight;
        }
    }
}

/// The pixels under one pixel of a smaller image, along one side. Weights are in shares of one pixel: a pixel of the
/// larger image counts `small`, one of the smaller `large`.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// Where it begins and ends, in shares.
    begin: u64,
    end: u64,
    /// Shares of one pixel of the larger image.
    pixel: u64,
}

impl Span {
    fn of(index: u32, small: u32, large: u32) -> Self {
        let (index, large) = (u64::from(index), u64::from(large));
        Self { begin: index * large, end: (index + 1) * large, pixel: u64::from(small) }
    }

    fn weights(self) -> impl Iterator<Item = (u32, u64)> {
        (self.begin / self.pixel..self.end.div_ceil(self.pixel)).map(move |at| {
            let (from, to) = (at * self.pixel, (at + 1) * self.pixel);
            let weight = to.min(self.end) - from.max(self.begin);
            (u32::try_from(at).unwrap_or(u32::MAX), weight)
        })
    }
}

/// A coordinate in whole pixels; what is negative or no number is 0.
pub(crate) fn whole(coordinate: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    let pixels = coordinate.max(0.0) as u32;
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_mean_of_the_pixels_is_kept() {
        let pixels = [[0, 10, 20], [100, 30, 40], [200, 50, 60]].concat();
        let image = RgbImage::new(3, 1, pixels).unwrap();
        // Two pixels of one and a half each.
        let half = reduced(image.view(), (2, 1)).unwrap();
        assert_eq!(half.pixels(), [33, 17, 27, 167, 43, 53]);
        assert_eq!(reduced(image.view(), (1, 1)).unwrap().pixels(), [100, 30, 40]);
        assert_eq!(reduced(image.view(), (3, 1)).unwrap().pixels(), image.pixels());
    }

    #[test]
    fn a_crop_holds_the_near_ring_where_the_frame_does() {
        let face = Rect::around(verilume_frame::Point2::new(320.0, 240.0), 100.0, 100.0);
        let crop = crop_around(face, (3.0, 3.4), (640, 480));
        assert_eq!(crop, PixelRect { x: 170, y: 70, width: 300, height: 340 });
        let near_edge = Rect::around(verilume_frame::Point2::new(20.0, 470.0), 100.0, 100.0);
        assert_eq!(
            crop_around(near_edge, (3.0, 3.4), (640, 480)),
            PixelRect { x: 0, y: 300, width: 170, height: 180 }
        );
    }

    proptest! {
        #[test]
        fn any_face_gives_a_crop_that_can_be_encoded(
            x in -1e5..1e5f32, y in -1e5..1e5f32, width in 1.0..1e5f32, scale in -0.5..2.0f32,
            image_width in 1u32..40, image_height in 1u32..40,
        ) {
            let crop = crop_around(Rect::new(x, y, width, width), (3.0, 3.4), (image_width, image_height));
            let image = RgbImage::filled(image_width, image_height, [90, 120, 150]).unwrap();
            let size = scaled_size(crop, scale);
            prop_assert!(encoded(image.view(), crop, size, 90).is_some(), "{crop:?} {size:?}");
            let mean = reduced(image.view(), scaled_size(crop, scale)).unwrap();
            prop_assert_eq!(&mean.pixels()[..3], &[90, 120, 150]);
        }
    }
}
