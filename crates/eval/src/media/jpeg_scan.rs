//! Finds where a JPEG ends by walking its segments, so that concatenated pictures can be told apart and a
//! picture that was cut short is noticed (the decoder would fill the rest with grey).

use zeroize::Zeroizing;

use super::input::{Input, MAX_ENCODED_BYTES, append_wiping};
use super::{MediaError, MediaErrorKind};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const APP2: u8 = 0xE2;

/// How many bytes that are no JPEG may stand between two pictures: padding, or the headers of a
/// multipart stream.
const MAX_GAP_BYTES: usize = 64 << 10;

/// One whole JPEG, from its start to its end marker.
pub(super) struct ScannedJpeg {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The picture announces further pictures in the same file (CIPA multi-picture format): what follows it
    /// is a preview or a gain map, not the next frame.
    pub(super) is_multi_picture: bool,
}

/// Why no further JPEG could be cut from the input.
pub(super) enum ScanEnd {
    /// The input ended between two pictures.
    Finished,
    /// The input ended inside a picture.
    Truncated,
    /// The structure is broken; the next picture may still be whole.
    Broken(&'static str),
    Failed(MediaError),
}

impl From<MediaError> for ScanEnd {
    fn from(error: MediaError) -> Self {
        match error.kind() {
            MediaErrorKind::Truncated => Self::Truncated,
            _ => Self::Failed(error),
        }
    }
}

/// Takes the next JPEG from the input.
pub(super) fn next_jpeg(input: &mut Input<'_>) -> Result<ScannedJpeg, ScanEnd> {
    find_start(input)?;
    let mut jpeg = ScannedJpeg { bytes: Zeroizing::new(vec![0xFF, SOI]), is_multi_picture: false };
    let mut marker = segment_marker(input)?;
    loop {
        append_wiping(&mut jpeg.bytes, &[0xFF, marker]);
        match marker {
            EOI => return Ok(jpeg),
            // Markers without a length: TEM, restart.
            0x01 | 0xD0..=0xD7 => marker = segment_marker(input)?,
            0x00 | SOI => return Err(ScanEnd::Broken("a JPEG segment has no marker")),
            _ => {
                let start = jpeg.bytes.len();
                copy_segment(input, &mut jpeg.bytes)?;
                if marker == APP2 && jpeg.bytes[start + 2..].starts_with(b"MPF\0") {
                    jpeg.is_multi_picture = true;
                }
                marker =
                    if marker == SOS { copy_scan(input, &mut jpeg.bytes)? } else { segment_marker(input)? };
            }
        }
    }
}

/// Passes over what stands between pictures, and over the start marker.
fn find_start(input: &mut Input<'_>) -> Result<(), ScanEnd> {
    let mut previous = 0;
    for _ in 0..MAX_GAP_BYTES {
        let Some(byte) = input.next_byte()? else {
            return Err(ScanEnd::Finished);
        };
        if (previous, byte) == (0xFF, SOI) {
            return Ok(());
        }
        previous = byte;
    }
    Err(ScanEnd::Broken("no further JPEG picture follows"))
}

/// The marker that must stand here, fill bytes skipped.
fn segment_marker(input: &mut Input<'_>) -> Result<u8, ScanEnd> {
    if input.next_byte()?.ok_or(ScanEnd::Truncated)? != 0xFF {
        return Err(ScanEnd::Broken("a JPEG segment does not begin with a marker"));
    }
    loop {
        match input.next_byte()?.ok_or(ScanEnd::Truncated)? {
            0xFF => {}
            marker => return Ok(marker),
        }
    }
}

/// Copies a segment's length and body.
fn copy_segment(input: &mut Input<'_>, bytes: &mut Zeroizing<Vec<u8>>) -> Result<(), ScanEnd> {
    input.read_into(bytes, 2)?;
    let len = u16::from_be_bytes([bytes[bytes.len() - 2], bytes[bytes.len() - 1]]);
    let Some(body) = usize::from(len).checked_sub(2) else {
        return Err(ScanEnd::Broken("a JPEG segment has an impossible length"));
    };
    check_size(bytes.len() + body)?;
    Ok(input.read_into(bytes, body)?)
}

/// Copies entropy-coded data and returns the marker that ends it.
fn copy_scan(input: &mut Input<'_>, bytes: &mut Zeroizing<Vec<u8>>) -> Result<u8, ScanEnd> {
    use std::io::BufRead as _;
    loop {
        let chunk = input.fill_buf().map_err(MediaError::from_io)?;
        if chunk.is_empty() {
            return Err(ScanEnd::Truncated);
        }
        let plain = chunk.iter().position(|byte| *byte == 0xFF).unwrap_or(chunk.len());
        append_wiping(bytes, &chunk[..plain]);
        let at_marker = plain < chunk.len();
        input.consume(plain);
        check_size(bytes.len())?;
        if !at_marker {
            continue;
        }
        match segment_marker(input)? {
            // A stuffed zero, or a restart within the scan.
            inside @ (0x00 | 0xD0..=0xD7) => append_wiping(bytes, &[0xFF, inside]),
            marker => return Ok(marker),
        }
    }
}

fn check_size(len: usize) -> Result<(), ScanEnd> {
    if len > MAX_ENCODED_BYTES {
        return Err(ScanEnd::Failed(MediaError::new(
            MediaErrorKind::InputTooLarge,
            format!("one JPEG picture has more than {MAX_ENCODED_BYTES} bytes"),
        )));
    }
    Ok(())
}
