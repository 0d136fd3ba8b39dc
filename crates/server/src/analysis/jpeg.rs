//! One JPEG crop to pixels, within bounds.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{ColorType, ImageDecoder as _};
use verilume_frame::RgbImage;
use verilume_protocol::stream::PixelRect;
use zeroize::Zeroizing;

/// How a JPEG begins and ends.
const START_AND_END: [&[u8]; 2] = [&[0xFF, 0xD8], &[0xFF, 0xD9]];
/// The decoder's own memory beside the pixels, bytes. Origin: rows of coefficients of the largest frame, rounded up.
const DECODER_BYTES: u64 = 16 << 20;
/// Width and height may each be off by this much from the crop's shape, pixels: both were rounded.
const ROUNDING_PX: f64 = 1.5;

/// Decodes a crop; the reason says why it is none. The size is checked before anything of that size is allocated.
pub(crate) fn decode(bytes: &[u8], crop: PixelRect, max_pixels: u64) -> Result<RgbImage, &'static str> {
    let [start, end] = START_AND_END;
    if !bytes.starts_with(start) || !bytes.ends_with(end) {
        return Err("it is no whole JPEG");
    }
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|_damaged| "its header is damaged")?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err("it has too many pixels");
    }
    if !is_shaped_like((width, height), crop) {
        return Err("its size is not that of its crop");
    }
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(DECODER_BYTES);
    decoder.set_limits(limits).map_err(|_too_large| "it needs too much memory")?;
    let colour = decoder.color_type();
    let len = usize::try_from(decoder.total_bytes()).map_err(|_too_large| "it needs too much memory")?;
    let mut samples = Zeroizing::new(vec![0; len]);
    decoder.read_image(&mut samples).map_err(|_damaged| "it is damaged")?;
    let mut pixels = match colour {
        ColorType::Rgb8 => samples,
        ColorType::L8 => Zeroizing::new(samples.iter().flat_map(|grey| [*grey; 3]).collect()),
        _ => return Err("its colours are neither RGB nor grey"),
    };
    RgbImage::new(width, height, std::mem::take(&mut *pixels)).map_err(|_size| "it has no pixels")
}

/// Whether an image can be the crop as it is or reduced.
fn is_shaped_like((width, height): (u32, u32), crop: PixelRect) -> bool {
    let expected_height = f64::from(width) * f64::from(crop.height) / f64::from(crop.width.max(1));
    width <= crop.width && height <= crop.height && (f64::from(height) - expected_height).abs() <= ROUNDING_PX
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType as Encoded, Encoder};

    const CROP: PixelRect = PixelRect { x: 4, y: 4, width: 96, height: 64 };

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let pixels: Vec<u8> =
            (0..usize::from(width) * usize::from(height) * 3).map(|at| at.to_le_bytes()[0]).collect();
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, 90).encode(&pixels, width, height, Encoded::Rgb).unwrap();
        bytes
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes, CROP, 10_000).unwrap_err(), expected);
    }

    #[test]
    fn a_crop_decodes_as_it_is_and_reduced() {
        for (width, height) in [(96, 64), (48, 32), (47, 31)] {
            let image = decode(&jpeg(width, height), CROP, 10_000).unwrap();
            assert_eq!((image.width(), image.height()), (width.into(), height.into()));
        }
    }

    #[test]
    fn what_is_no_such_crop_is_refused_with_the_reason() {
        check(b"", "it is no whole JPEG");
        check(&jpeg(96, 64)[..400], "it is no whole JPEG");
        check(&jpeg(120, 100), "it has too many pixels");
        check(&jpeg(64, 64), "its size is not that of its crop");
        check(&jpeg(98, 65), "its size is not that of its crop");
        check(&[0xFF, 0xD8, 1, 2, 3, 0xFF, 0xD9], "its header is damaged");
    }
}
