//! PNG and JPEG, upright.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::error::{ImageError, LimitErrorKind};
use verilume_frame::{Frame, Orientation, RgbImage, Timestamp};
use verilume_still::rgb_from_samples;
use zeroize::Zeroizing;

use super::error::Warnings;
use super::input::Input;
use super::jpeg_scan::{ScanEnd, next_jpeg};
use super::{MediaError, MediaErrorKind, MediaLimits, Source};

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The still formats that decode without another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StillFormat {
    Png,
    Jpeg,
}

impl StillFormat {
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(PNG_SIGNATURE) {
            Some(Self::Png)
        } else if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else {
            None
        }
    }
}

/// Decodes a PNG or JPEG into upright 8-bit RGB.
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
    match StillFormat::of(bytes) {
        Some(StillFormat::Png) => {
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), decoder_limits(limits))
                .map_err(from_image_error)?;
            decode(decoder, limits)
        }
        Some(StillFormat::Jpeg) => {
            check_whole(bytes)?;
            let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(from_image_error)?;
            decode(decoder, limits)
        }
        None if bytes.is_empty() => Err(MediaError::new(MediaErrorKind::Empty, "has no bytes")),
        None => Err(MediaError::unsupported("is no PNG or JPEG image")),
    }
}

/// Notices a JPEG that was cut short: the decoder would fill the missing part with grey.
fn check_whole(bytes: &[u8]) -> Result<(), MediaError> {
    let mut input = Input::new(bytes, u64::MAX);
    match next_jpeg(&mut input) {
        Ok(_) => Ok(()),
        Err(ScanEnd::Truncated | ScanEnd::Finished) => {
            Err(MediaError::truncated("the JPEG image ends before its end marker"))
        }
        Err(ScanEnd::Broken(what)) => Err(MediaError::corrupt_image(what)),
        Err(ScanEnd::Failed(error)) => Err(error),
    }
}

/// Decodes one whole JPEG of a video. The container, not EXIF, says how a video is turned.
pub(super) fn decode_video_jpeg(bytes: &[u8], limits: &MediaLimits) -> Result<RgbImage, MediaError> {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(from_image_error)?;
    let (image, _) = decode_stored(decoder, limits)?;
    Ok(image)
}

fn decode(decoder: impl ImageDecoder, limits: &MediaLimits) -> Result<RgbImage, MediaError> {
    let (image, orientation) = decode_stored(decoder, limits)?;
    Ok(orientation.upright(image))
}

fn decode_stored(
    mut decoder: impl ImageDecoder,
    limits: &MediaLimits,
) -> Result<(RgbImage, Orientation), MediaError> {
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width, height)?;
    decoder.set_limits(decoder_limits(limits)).map_err(from_image_error)?;
    let orientation = decoder
        .orientation()
        .map_or(Orientation::UPRIGHT, |orientation| Orientation::from_exif(orientation.to_exif()));
    let colour = decoder.color_type();
    let len =
        usize::try_from(decoder.total_bytes()).map_err(|_too_large| limits.pixels_error(width, height))?;
    let mut samples = Zeroizing::new(vec![0; len]);
    decoder.read_image(&mut samples).map_err(from_image_error)?;
    let unsupported =
        |_of_stills| MediaError::unsupported(format!("the image's colour type {colour:?} is not supported"));
    let mut pixels = rgb_from_samples(colour, samples).map_err(unsupported)?;
    let image = RgbImage::new(width, height, std::mem::take(&mut *pixels))
        .map_err(|error| MediaError::corrupt_image(error.to_string()).with_source(error))?;
    Ok((image, orientation))
}

fn decoder_limits(limits: &MediaLimits) -> image::Limits {
    let mut decoder_limits = image::Limits::default();
    // 16 bits of four channels, and as much again for the decoder's own rows.
    decoder_limits.max_alloc = Some(limits.max_pixels.saturating_mul(16).saturating_add(1 << 20));
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
