//! From a decoder's samples to 8-bit RGB.

use image::ColorType;
use zeroize::Zeroizing;

use crate::{StillError, StillErrorKind};

/// The colours of each pixel, three bytes each, from what a decoder of the crate `image` gives: native-endian samples
/// without padding. Transparency is left out.
///
/// # Errors
/// [`StillErrorKind::Unsupported`] for a colour type that no decoder of still pictures gives.
pub fn rgb_from_samples(
    colour: ColorType,
    samples: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, StillError> {
    let rgb = |pixels: Vec<u8>| Ok(Zeroizing::new(pixels));
    match colour {
        ColorType::Rgb8 => Ok(samples),
        ColorType::Rgba8 => {
            rgb(samples.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
        }
        ColorType::L8 => rgb(samples.iter().flat_map(|grey| [*grey; 3]).collect()),
        ColorType::La8 => rgb(samples.chunks_exact(2).flat_map(|pixel| [pixel[0]; 3]).collect()),
        ColorType::L16 => rgb(samples.chunks_exact(2).flat_map(|pixel| [byte_from_16(pixel); 3]).collect()),
        ColorType::La16 => rgb(samples.chunks_exact(4).flat_map(|pixel| [byte_from_16(pixel); 3]).collect()),
        ColorType::Rgb16 => rgb(samples.chunks_exact(2).map(byte_from_16).collect()),
        ColorType::Rgba16 => rgb(samples
            .chunks_exact(8)
            .flat_map(|pixel| pixel[..6].chunks_exact(2))
            .map(byte_from_16)
            .collect()),
        other => {
            let context = format!("the picture's colour type {other:?} is not supported");
            Err(StillError::new(StillErrorKind::Unsupported, context))
        }
    }
}

/// Rounds a native-endian 16-bit sample to 8 bits.
#[expect(clippy::cast_possible_truncation, reason = "65535 * 255 / 65535 is 255")]
fn byte_from_16(sample: &[u8]) -> u8 {
    let sample = u32::from(u16::from_ne_bytes([sample[0], sample[1]]));
    ((sample * 255 + 32_767) / 65_535) as u8
}
