//! The sequence parameter set (ITU-T H.264, 7.3.2.1 and annex E): size, colour, and which tools the stream uses.

use super::ColourTags;

/// Profiles whose parameter sets state the chroma format and bit depth.
const PROFILES_WITH_CHROMA_FORMAT: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The aspect ratio code that is followed by an explicit width and height.
const EXTENDED_ASPECT_RATIO: u32 = 255;

/// The widest or highest picture this parser accepts, in macroblocks: far above level 6.2.
const MAX_MACROBLOCKS: u32 = 4096;

/// What the decoder and the colour conversion need to know.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SequenceParameters {
    pub(super) id: u32,
    chroma_format: u32,
    bit_depth: u32,
    is_lossless: bool,
    has_adaptive_fields: bool,
    coded_width: u32,
    coded_height: u32,
    cropped_width: u32,
    cropped_height: u32,
    pub(super) colour: ColourTags,
    pub(super) has_square_pixels: bool,
}

impl SequenceParameters {
    /// Parses a NAL unit, header byte included. `None` where it is damaged.
    pub(super) fn parse(unit: &[u8]) -> Option<Self> {
        let mut bits = BitReader::new(unit.get(1..)?);
        let profile = u8::try_from(bits.take(8)?).ok()?;
        bits.take(16)?;
        let id = bits.unsigned()?;
        let (mut chroma_format, mut bit_depth, mut is_lossless) = (1, 8, false);
        if PROFILES_WITH_CHROMA_FORMAT.contains(&profile) {
            chroma_format = bits.unsigned()?;
            if chroma_format == 3 {
                bits.take(1)?;
            }
            let (luma, chroma) = (bits.unsigned()?, bits.unsigned()?);
            bit_depth = luma.max(chroma).checked_add(8)?;
            is_lossless = bits.flag()?;
            if bits.flag()? {
                skip_scaling_lists(&mut bits, if chroma_format == 3 { 12 } else { 8 })?;
            }
        }
        bits.unsigned()?;
        skip_picture_order(&mut bits)?;
        bits.unsigned()?;
        bits.take(1)?;
        let width_in_mbs = bits.unsigned()?.checked_add(1)?;
        let map_units = bits.unsigned()?.checked_add(1)?;
        let frames_only = bits.flag()?;
        let has_adaptive_fields = !frames_only && bits.flag()?;
        bits.take(1)?;
        let height_in_mbs = map_units.checked_mul(if frames_only { 1 } else { 2 })?;
        if width_in_mbs > MAX_MACROBLOCKS || height_in_mbs > MAX_MACROBLOCKS || chroma_format > 3 {
            return None;
        }
        let (coded_width, coded_height) = (width_in_mbs * 16, height_in_mbs * 16);
        let (mut cropped_width, mut cropped_height) = (0, 0);
        if bits.flag()? {
            let unit_x = if matches!(chroma_format, 1 | 2) { 2 } else { 1 };
            let unit_y = if chroma_format == 1 { 2 } else { 1 } * if frames_only { 1 } else { 2 };
            cropped_width = bits.unsigned()?.checked_add(bits.unsigned()?)?.checked_mul(unit_x)?;
            cropped_height = bits.unsigned()?.checked_add(bits.unsigned()?)?.checked_mul(unit_y)?;
            if cropped_width >= coded_width || cropped_height >= coded_height {
                return None;
            }
        }
        // A damaged usability part leaves the picture decodable, so it counts as absent.
        let usability = if bits.flag()? { parse_usability(&mut bits) } else { None };
        let (colour, has_square_pixels) = usability.unwrap_or((ColourTags::default(), true));
        Some(Self {
            id,
            chroma_format,
            bit_depth,
            is_lossless,
            has_adaptive_fields,
            coded_width,
            coded_height,
            cropped_width,
            cropped_height,
            colour,
            has_square_pixels,
        })
    }

    /// Width and height of the coded picture, whole macroblocks.
    pub(super) fn coded_size(&self) -> (u32, u32) {
        (self.coded_width, self.coded_height)
    }

    /// Width and height after cropping.
    pub(super) fn shown_size(&self) -> (u32, u32) {
        (self.coded_width - self.cropped_width, self.coded_height - self.cropped_height)
    }

    /// The first tool the decoder does not have.
    pub(super) fn unsupported_tool(&self) -> Option<&'static str> {
        if self.bit_depth > 8 {
            Some("H.264 with more than 8 bits a sample")
        } else if self.chroma_format != 1 {
            Some("H.264 that is not 4:2:0")
        } else if self.is_lossless {
            Some("lossless H.264")
        } else if self.has_adaptive_fields {
            Some("interlaced H.264")
        } else {
            None
        }
    }
}

fn skip_scaling_lists(bits: &mut BitReader<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

fn skip_picture_order(bits: &mut BitReader<'_>) -> Option<()> {
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.take(1)?;
            bits.unsigned()?;
            bits.unsigned()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.unsigned()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// The part of the usability information up to the colour description.
fn parse_usability(bits: &mut BitReader<'_>) -> Option<(ColourTags, bool)> {
    let mut has_square_pixels = true;
    if bits.flag()? {
        let ratio = bits.take(8)?;
        has_square_pixels = if ratio == EXTENDED_ASPECT_RATIO {
            let (width, height) = (bits.take(16)?, bits.take(16)?);
            width == height || width == 0 || height == 0
        } else {
            ratio <= 1
        };
    }
    if bits.flag()? {
        bits.take(1)?;
    }
    let mut colour = ColourTags::default();
    if bits.flag()? {
        bits.take(3)?;
        colour.full_range = Some(bits.flag()?);
        if bits.flag()? {
            bits.take(16)?;
            colour.matrix = u8::try_from(bits.take(8)?).ok();
        }
    }
    Some((colour, has_square_pixels))
}

/// Reads bits, most significant first, passing over emulation prevention bytes.
struct BitReader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    zeros: u32,
    current: u8,
    bits_left: u32,
}

impl<'a> BitReader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), zeros: 0, current: 0, bits_left: 0 }
    }

    fn next_byte(&mut self) -> Option<u8> {
        let mut byte = *self.bytes.next()?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = *self.bytes.next()?;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        Some(byte)
    }

    fn bit(&mut self) -> Option<u32> {
        if self.bits_left == 0 {
            self.current = self.next_byte()?;
            self.bits_left = 8;
        }
        self.bits_left -= 1;
        Some(u32::from(self.current >> self.bits_left) & 1)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    /// Up to 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    /// An Exp-Golomb code, below 2^31.
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 30 {
                return None;
            }
        }
        Some((1 << zeros | self.take(zeros)?) - 1)
    }

    fn signed(&mut self) -> Option<i32> {
        let code = i32::try_from(self.unsigned()?).ok()?;
        Some(if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_and_emulation_prevention() {
        let mut bits = BitReader::new(&[0b1010_0110, 0b0100_0000]);
        assert_eq!(
            [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()],
            [Some(0), Some(1), Some(2), Some(3)]
        );
        let mut bits = BitReader::new(&[0, 0, 3, 1]);
        assert_eq!(bits.take(24), Some(1));
        let mut bits = BitReader::new(&[0b0100_1100, 0b1000_0000]);
        assert_eq!((bits.signed(), bits.signed()), (Some(1), Some(-1)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = SequenceParameters::parse(&bytes);
        }
    }
}
