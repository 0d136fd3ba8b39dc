//! JPEG there and back, through real coders.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use verilume_frame::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The JPEG of a frame (4:2:0, as browsers and phones write it) and what comes out of it; `None` for frames that JPEG
/// cannot hold.
pub(crate) fn through_jpeg(image: &RgbImage, quality: u8) -> Option<(Vec<u8>, RgbImage)> {
    let (width, height) = (u16::try_from(image.width()).ok()?, u16::try_from(image.height()).ok()?);
    let mut bytes = Vec::with_capacity(64 << 10);
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(image.pixels(), width, height, ColorType::Rgb).ok()?;
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&bytes), options).decode().ok()?;
    let decoded = RgbImage::new(image.width(), image.height(), pixels).ok()?;
    Some((bytes, decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_frame_survives() {
        let image = RgbImage::filled(48, 40, [120, 90, 200]).unwrap();
        let (bytes, decoded) = through_jpeg(&image, 90).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xd8]));
        for (a, b) in decoded.pixels().iter().zip(image.pixels()) {
            assert!(a.abs_diff(*b) <= 3, "{a} {b}");
        }
    }
}
