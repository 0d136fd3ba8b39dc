//! Still pictures from untrusted bytes: JPEG, PNG, the first frame of a GIF, BMP and WebP, upright and within bounds.
//!
//! The format is recognised by its first bytes, never by a name; what follows the picture in the same file is passed
//! over.
//! The EXIF orientation is applied.
//! Grey becomes three equal channels, 16 bits are rounded to 8, an alpha channel is left out, CMYK is converted without a
//! colour profile.
//! Sizes are checked against [`StillLimits`] before anything of that size is allocated, and no more than
//! [`StillLimits::most_bytes`] and a copy of the file ever is.
//! Pixels are wiped when dropped, except those inside the decoders.
//!
//! A picture that was cut short is an error, never a picture with a grey part.
//!
//! ```
//! use verilume_still::{StillErrorKind, StillLimits, decode};
//!
//! let error = decode(b"no picture", &StillLimits::default()).unwrap_err();
//! assert_eq!(error.kind(), StillErrorKind::Unsupported);
//! ```

mod error;
mod format;
mod jpeg_end;
mod samples;

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use verilume_frame::{MAX_PIXELS, Orientation, RgbImage};
use zeroize::Zeroizing;

pub use error::{StillError, StillErrorKind};
pub use format::StillFormat;
pub use samples::rgb_from_samples;

/// What a decoder may take beside the pixels, bytes. Origin: rows, palettes and metadata, rounded up.
const DECODER_BYTES: u64 = 16 << 20;
/// The longest metadata of a WebP, bytes. Origin: a colour profile and EXIF have some kilobytes.
const METADATA_BYTES: usize = 4 << 20;

/// What a picture may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StillLimits {
    /// Pixels, 1 to [`MAX_PIXELS`].
    pub max_pixels: u64,
    /// Bytes of the decoded samples as the file has them: four channels of 16 bits take eight a pixel.
    pub max_decoded_bytes: u64,
}

impl StillLimits {
    /// Pictures of at most so many pixels, with up to four bytes each.
    pub fn pixels(max_pixels: u64) -> Self {
        let max_pixels = max_pixels.min(MAX_PIXELS);
        Self { max_pixels, max_decoded_bytes: 4 * max_pixels }
    }

    /// The most bytes that [`decode`] allocates at once, beside a decoder's copy of the file: the samples, a decoder's copy
    /// of them or its coefficients, the picture before and after it is turned upright, and what a decoder needs for itself.
    pub fn most_bytes(&self) -> u64 {
        let pixels = self.max_pixels.min(MAX_PIXELS).saturating_mul(6);
        self.max_decoded_bytes.saturating_mul(2).saturating_add(pixels).saturating_add(DECODER_BYTES)
    }
}

impl Default for StillLimits {
    /// 25 megapixels: phones take stills of 12 or 24.
    fn default() -> Self {
        Self::pixels(25_000_000)
    }
}

/// A decoded picture.
#[derive(Debug, Clone)]
pub struct Still {
    /// Its pixels, upright.
    pub image: RgbImage,
    /// What it was.
    pub format: StillFormat,
}

/// Decodes a picture.
///
/// # Errors
/// [`StillErrorKind`] says which there are.
pub fn decode(bytes: &[u8], limits: &StillLimits) -> Result<Still, StillError> {
    let format = StillFormat::of(bytes).ok_or_else(|| {
        StillError::new(StillErrorKind::Unsupported, "the bytes are no JPEG, PNG, GIF, BMP or WebP")
    })?;
    let input = Cursor::new(bytes);
    let image = match format {
        StillFormat::Jpeg => {
            jpeg_end::check(bytes)?;
            read(JpegDecoder::new(input)?, limits)
        }
        StillFormat::Png => read(PngDecoder::with_limits(input, decoder_limits(limits))?, limits),
        StillFormat::Gif => read(GifDecoder::new(input)?, limits),
        StillFormat::Bmp => read(BmpDecoder::new(input)?, limits),
        StillFormat::WebP => {
            format::check_webp(bytes, METADATA_BYTES)?;
            read(WebPDecoder::new(input)?, limits)
        }
    }?;
    Ok(Still { image, format })
}

fn read(mut decoder: impl ImageDecoder, limits: &StillLimits) -> Result<RgbImage, StillError> {
    let (width, height) = decoder.dimensions();
    let too_large = || StillError::too_large(width, height, limits);
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.max_pixels.min(MAX_PIXELS) || decoder.total_bytes() > limits.max_decoded_bytes {
        return Err(too_large());
    }
    decoder.set_limits(decoder_limits(limits))?;
    // Metadata that cannot be read says nothing about the picture's orientation.
    let orientation =
        decoder.orientation().map_or(Orientation::UPRIGHT, |found| Orientation::from_exif(found.to_exif()));
    let colour = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|_beyond_memory| too_large())?;
    let mut samples = Zeroizing::new(vec![0; length]);
    decoder.read_image(&mut samples)?;
    let mut pixels = rgb_from_samples(colour, samples)?;
    let image = RgbImage::new(width, height, std::mem::take(&mut *pixels))
        .map_err(|error| StillError::new(StillErrorKind::Damaged, error.to_string()))?;
    Ok(orientation.upright(image))
}

fn decoder_limits(limits: &StillLimits) -> image::Limits {
    let mut decoder_limits = image::Limits::default();
    // The samples, as much again for a decoder that works on a copy of them, and its own rows.
    let bytes = limits.max_decoded_bytes.saturating_mul(2).saturating_add(DECODER_BYTES);
    decoder_limits.max_alloc = Some(bytes);
    decoder_limits
}
