//! From a browser's pixels to those of a frame.

use verilume_frame::{FrameError, RgbView};
use zeroize::Zeroize as _;

/// Room for one frame, used again for the next and wiped when dropped.
#[derive(Default)]
pub(crate) struct RgbBuffer {
    pixels: Vec<u8>,
}

impl RgbBuffer {
    /// The frame without its opacity. What is cut off at the end is refused.
    pub(crate) fn rgb_from_rgba(
        &mut self,
        rgba: &[u8],
        width: u32,
        height: u32,
    ) -> Result<RgbView<'_>, FrameError> {
        let (pixels, _) = rgba.as_chunks::<4>();
        self.pixels.clear();
        self.pixels.reserve(pixels.len() * 3);
        self.pixels.extend(pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]));
        RgbView::new(width, height, &self.pixels)
    }
}

impl Drop for RgbBuffer {
    fn drop(&mut self) {
        self.pixels.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opacity_is_dropped_and_sizes_must_fit() {
        let mut buffer = RgbBuffer::default();
        let view = buffer.rgb_from_rgba(&[1, 2, 3, 255, 4, 5, 6, 0], 2, 1).unwrap();
        assert_eq!((view.pixel(0, 0), view.pixel(1, 0)), ([1, 2, 3], [4, 5, 6]));
        assert!(buffer.rgb_from_rgba(&[0; 8], 2, 2).is_err());
        assert!(buffer.rgb_from_rgba(&[0; 7], 2, 1).is_err());
        assert!(buffer.rgb_from_rgba(&[], 0, 0).is_err());
    }
}
