//! RGB images: packed 8-bit sRGB, owned ([`RgbImage`]) or borrowed with a stride ([`RgbView`]).

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{FrameError, FrameErrorKind, Rect, Timestamp};

/// The most pixels any image in the system may have: 40 megapixels, above every phone's default still.
pub const MAX_PIXELS: u64 = 40_000_000;

/// An owned image: 8-bit sRGB, three bytes a pixel, rows without padding. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RgbImage {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl RgbImage {
    /// Takes `width * height * 3` bytes, row by row from the top.
    pub fn new(width: u32, height: u32, mut pixels: Vec<u8>) -> Result<Self, FrameError> {
        match RgbView::new(width, height, &pixels) {
            Ok(view) if pixels.len() == view.row_bytes() * height as usize => {
                Ok(Self { width, height, pixels })
            }
            Ok(_) => {
                let context = format!("{width}x{height} RGB image holds {} bytes", pixels.len());
                pixels.zeroize();
                Err(FrameError::new(FrameErrorKind::LengthMismatch, context))
            }
            Err(error) => {
                pixels.zeroize();
                Err(error)
            }
        }
    }

    /// An image of one colour.
    pub fn filled(width: u32, height: u32, rgb: [u8; 3]) -> Result<Self, FrameError> {
        check_size(width, height)?;
        Self::new(width, height, rgb.repeat(width as usize * height as usize))
    }

    /// Width, pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height, pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, row by row from the top, three bytes each.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels, to draw on.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// A borrowed view of the whole image.
    pub fn view(&self) -> RgbView<'_> {
        RgbView {
            width: self.width,
            height: self.height,
            stride_bytes: self.width as usize * 3,
            pixels: &self.pixels,
        }
    }
}

impl fmt::Debug for RgbImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RgbImage({}x{}, [redacted {} bytes])", self.width, self.height, self.pixels.len())
    }
}

/// A borrowed image: 8-bit sRGB, three bytes a pixel, `stride_bytes` from one row to the next.
#[derive(Clone, Copy)]
pub struct RgbView<'a> {
    width: u32,
    height: u32,
    stride_bytes: usize,
    pixels: &'a [u8],
}

impl<'a> RgbView<'a> {
    /// A view of rows without padding.
    pub fn new(width: u32, height: u32, pixels: &'a [u8]) -> Result<Self, FrameError> {
        Self::with_stride(width, height, width as usize * 3, pixels)
    }

    /// A view of rows that begin `stride_bytes` apart.
    pub fn with_stride(
        width: u32,
        height: u32,
        stride_bytes: usize,
        pixels: &'a [u8],
    ) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let row_bytes = width as usize * 3;
        let needed = (height as usize - 1).checked_mul(stride_bytes).and_then(|n| n.checked_add(row_bytes));
        if stride_bytes < row_bytes || needed.is_none_or(|needed| pixels.len() < needed) {
            return Err(FrameError::new(
                FrameErrorKind::LengthMismatch,
                format!("{width}x{height} RGB view with stride {stride_bytes} over {} bytes", pixels.len()),
            ));
        }
        Ok(Self { width, height, stride_bytes, pixels })
    }

    /// Width, pixels.
    #[inline]
    pub fn width(self) -> u32 {
        self.width
    }

    /// Height, pixels.
    #[inline]
    pub fn height(self) -> u32 {
        self.height
    }

    /// The whole image as a rectangle.
    pub fn bounds(self) -> Rect {
        Rect::new(0.0, 0.0, self.width as f32, self.height as f32)
    }

    /// The part of `width` x `height` pixels whose top-left pixel is (x, y); `None` if it is empty or not inside.
    pub fn part(self, x: u32, y: u32, width: u32, height: u32) -> Option<Self> {
        let inside = |start: u32, length: u32, limit: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= limit)
        };
        if !inside(x, width, self.width) || !inside(y, height, self.height) {
            return None;
        }
        let start = y as usize * self.stride_bytes + x as usize * 3;
        Some(Self { width, height, stride_bytes: self.stride_bytes, pixels: &self.pixels[start..] })
    }

    /// Row `y` from the top, three bytes a pixel.
    ///
    /// # Panics
    /// If `y` is not below the height.
    #[inline]
    pub fn row(self, y: u32) -> &'a [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        let start = y as usize * self.stride_bytes;
        &self.pixels[start..start + self.row_bytes()]
    }

    /// The pixel at (x, y), red, green, blue.
    ///
    /// # Panics
    /// If the point is outside.
    #[inline]
    pub fn pixel(self, x: u32, y: u32) -> [u8; 3] {
        let row = self.row(y);
        let at = x as usize * 3;
        [row[at], row[at + 1], row[at + 2]]
    }

    #[inline]
    fn row_bytes(self) -> usize {
        self.width as usize * 3
    }
}

impl fmt::Debug for RgbView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RgbView({}x{}, [redacted {} bytes])", self.width, self.height, self.pixels.len())
    }
}

/// One camera frame: an image and when it was captured.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The pixels, upright (any EXIF or container rotation already applied).
    pub image: RgbImage,
    /// When the exposure took place, on the capture's own clock.
    pub captured_at: Timestamp,
}

impl Frame {
    /// A frame of an upright image.
    pub fn new(image: RgbImage, captured_at: Timestamp) -> Self {
        Self { image, captured_at }
    }

    /// A borrowed view of the whole image.
    pub fn view(&self) -> RgbView<'_> {
        self.image.view()
    }
}

fn check_size(width: u32, height: u32) -> Result<(), FrameError> {
    if width == 0 || height == 0 {
        return Err(FrameError::new(
            FrameErrorKind::Empty,
            format!("image of {width}x{height} pixels is empty"),
        ));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FrameError::new(
            FrameErrorKind::TooLarge,
            format!("image of {width}x{height} pixels is over the limit of {MAX_PIXELS}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(width: u32, height: u32, bytes: usize, expected: Result<(), FrameErrorKind>) {
        let made = RgbImage::new(width, height, vec![0; bytes]);
        assert_eq!(made.map(|_| ()).map_err(|error| error.kind()), expected);
    }

    #[test]
    fn shape_and_bytes_must_agree() {
        check(2, 3, 18, Ok(()));
        check(2, 3, 17, Err(FrameErrorKind::LengthMismatch));
        check(2, 3, 19, Err(FrameErrorKind::LengthMismatch));
        check(0, 3, 0, Err(FrameErrorKind::Empty));
        check(60_000, 60_000, 0, Err(FrameErrorKind::TooLarge));
    }

    #[test]
    fn a_stride_skips_the_padding() {
        let bytes = [1, 2, 3, 99, 4, 5, 6];
        let view = RgbView::with_stride(1, 2, 4, &bytes).unwrap();
        assert_eq!(view.pixel(0, 1), [4, 5, 6]);
    }

    #[test]
    fn a_part_is_a_view_of_the_same_pixels() {
        let image = RgbImage::new(3, 2, (0..18).collect()).unwrap();
        let part = image.view().part(1, 1, 2, 1).unwrap();
        assert_eq!((part.width(), part.height(), part.pixel(1, 0)), (2, 1, [15, 16, 17]));
        assert!(image.view().part(1, 1, 3, 1).is_none());
        assert!(image.view().part(0, 2, 1, 1).is_none());
        assert!(image.view().part(u32::MAX, 0, 2, 1).is_none());
    }

    #[test]
    fn pixels_never_print() {
        let frame = Frame::new(RgbImage::filled(2, 2, [201, 202, 203]).unwrap(), Timestamp::default());
        let printed = format!("{frame:?} {:?}", frame.view());
        assert!(!printed.contains("201"), "{printed}");
    }
}
