//! Still pictures, upright; and the pictures of Motion JPEG.

use std::io::Cursor;

use image::ImageDecoder as _;
use image::codecs::jpeg::JpegDecoder;
use image::error::{ImageError, LimitErrorKind};
use verilume_frame::{Frame, RgbImage, Timestamp};
use verilume_still::{StillError, StillErrorKind, StillFormat, StillLimits, rgb_from_samples};
use zeroize::Zeroizing;

use super::error::Warnings;
use super::{MediaError, MediaErrorKind, MediaLimits, Source};

/// The most that a decoded pixel takes, bytes: four channels of 16 bits.
const BYTES_A_PIXEL: u64 = 8;

/// The format of a still picture, by its first bytes. Two letters alone make no BMP: four zeros follow its size.
pub(super) fn still_format(head: &[u8]) -> Option<StillFormat> {
    StillFormat::of(head).filter(|format| *format != StillFormat::Bmp || head.get(6..10) == Some(&[0; 4]))
}

/// Decodes a JPEG, PNG, GIF, BMP or WebP into upright 8-bit RGB; of an animation the first frame.
///
/// The format is recognised by content. The EXIF orientation is applied. Grey becomes three equal channels,
/// 16 bits are rounded to 8, an alpha channel is left out, CMYK is converted without a colour profile.
/// The size is checked against `limits` before anything of that size is allocated.
///
/// ```
/// use verilume_eval::media::{MediaLimits, decode_image};
///
/// let error = decode_image(b"no image", &MediaLimits::default()).unwrap_err();
/// assert_eq!(error.code(), "unsupported_format");
/// ```
pub fn decode_image(bytes: &[u8], limits: &MediaLimits) -> Result<RgbImage, MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::new(MediaErrorKind::Empty, "has no bytes"));
    }
    let mut still_limits = StillLimits::pixels(limits.max_pixels);
    still_limits.max_decoded_bytes = still_limits.max_pixels.saturating_mul(BYTES_A_PIXEL);
    let still = verilume_still::decode(bytes, &still_limits).map_err(from_still_error)?;
    Ok(still.image)
}

fn from_still_error(error: StillError) -> MediaError {
    let context = error.to_string();
    let made = match error.kind() {
        StillErrorKind::Unsupported => MediaError::unsupported(context),
        StillErrorKind::TooLarge => MediaError::new(MediaErrorKind::ImageTooLarge, context),
        StillErrorKind::Truncated => MediaError::truncated(context),
        _ => MediaError::corrupt_image(context),
    };
    made.with_source(error)
}

/// Decodes one whole JPEG of a video. The container, not EXIF, says how a video is turned.
pub(super) fn decode_video_jpeg(bytes: &[u8], limits: &MediaLimits) -> Result<RgbImage, MediaError> {
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(from_image_error)?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width, height)?;
    decoder.set_limits(decoder_limits(limits)).map_err(from_image_error)?;
    let colour = decoder.color_type();
    let len =
        usize::try_from(decoder.total_bytes()).map_err(|_too_large| limits.pixels_error(width, height))?;
    let mut samples = Zeroizing::new(vec![0; len]);
    decoder.read_image(&mut samples).map_err(from_image_error)?;
    let mut pixels = rgb_from_samples(colour, samples).map_err(from_still_error)?;
    RgbImage::new(width, height, std::mem::take(&mut *pixels))
        .map_err(|error| MediaError::corrupt_image(error.to_string()).with_source(error))
}

fn decoder_limits(limits: &MediaLimits) -> image::Limits {
    let mut decoder_limits = image::Limits::default();
    // As much again for the decoder's own rows.
    decoder_limits.max_alloc =
        Some(limits.max_pixels.saturating_mul(2 * BYTES_A_PIXEL).saturating_add(1 << 20));
    decoder_limits
}

fn from_image_error(error: ImageError) -> MediaError {
    let made = match &error {
        ImageError::Limits(limit)
            if matches!(
                limit.kind(),
                LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory
            ) =>
        {
            MediaError::new(MediaErrorKind::ImageTooLarge, "the image is larger than the limit allows")
        }
        ImageError::Unsupported(_) => {
            MediaError::unsupported(format!("the image cannot be decoded: {error}"))
        }
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            MediaError::truncated("the image ends too early")
        }
        _ => MediaError::corrupt_image(format!("the image is damaged: {error}")),
    };
    made.with_source(error)
}

/// A still image as a capture of one frame.
pub(super) struct StillSource {
    image: Option<RgbImage>,
}

impl StillSource {
    pub(super) fn new(image: RgbImage) -> Self {
        Self { image: Some(image) }
    }
}

impl Source for StillSource {
    fn next_frame(&mut self, _warnings: &mut Warnings) -> Result<Option<Frame>, MediaError> {
        Ok(self.image.take().map(|image| Frame::new(image, Timestamp::default())))
    }
}
