//! Bounds and checks that both directions share.

use verilume_frame::{MAX_PIXELS, Timestamp};

use super::{PixelRect, StreamError, StreamErrorKind};
use crate::challenge::CodeSet;

/// The most characters of a text that describes something.
pub const MAX_TEXT_CHARS: usize = 256;
/// The most bytes of a session token.
pub(super) const MAX_TOKEN_BYTES: usize = 4096;
/// The most characters of a correlation identifier (the bound of the Azure API).
pub(super) const MAX_CORRELATION_CHARS: usize = 64;
/// The most entries of a list.
pub(super) const MAX_LIST: usize = 16;
/// What a message may hold beside a frame's JPEG, bytes.
const ENVELOPE_BYTES: usize = 8 << 10;

/// What a decoder accepts. Memory beyond the message itself is bounded by a small multiple of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeLimits {
    /// The JPEG of one frame, bytes. 1 KiB to 4 MiB. Origin: a crop of quality 90 within the standard budget has 15 to
    /// 30 kB; ten times that leaves room for noise and for larger budgets.
    pub max_frame_bytes: usize,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_frame_bytes: 256 << 10 }
    }
}

impl DecodeLimits {
    /// Bounds with frames of at most this many bytes.
    pub fn with_max_frame_bytes(max_frame_bytes: usize) -> Self {
        Self { max_frame_bytes }
    }

    /// The most bytes of any message: what a transport need not read beyond.
    pub fn max_message_bytes(&self) -> usize {
        self.max_frame_bytes.saturating_add(ENVELOPE_BYTES)
    }

    pub(super) fn check_message(&self, bytes: &[u8]) -> Result<(), StreamError> {
        at_most("a message", bytes.len(), self.max_message_bytes())
    }
}

pub(super) fn at_most(what: &str, size: usize, limit: usize) -> Result<(), StreamError> {
    if size > limit {
        let context = format!("{what} of size {size} is over the limit of {limit}");
        return Err(StreamError::new(StreamErrorKind::TooLarge, context));
    }
    Ok(())
}

pub(super) fn text(what: &str, text: String, max_chars: usize) -> Result<String, StreamError> {
    at_most(what, text.chars().count(), max_chars)?;
    Ok(text)
}

pub(super) fn hash(what: &str, bytes: &[u8]) -> Result<[u8; 32], StreamError> {
    let wrong_size = |_| StreamError::out_of_range(format!("{what} has {} bytes, not 32", bytes.len()));
    bytes.try_into().map_err(wrong_size)
}

/// A number that is finite and not negative.
pub(super) fn amount(what: &str, value: f32) -> Result<f32, StreamError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(StreamError::out_of_range(format!("{what} is no amount: {value}")))
}

pub(super) fn slot(slot: u32) -> Result<u32, StreamError> {
    if (slot as usize) < CodeSet::MAX_SLOTS {
        return Ok(slot);
    }
    Err(StreamError::out_of_range(format!("there is no slot {slot}")))
}

pub(super) fn ordered(what: &str, from_us: u64, to_us: u64) -> Result<(Timestamp, Timestamp), StreamError> {
    if from_us < to_us {
        return Ok((Timestamp::from_micros(from_us), Timestamp::from_micros(to_us)));
    }
    Err(StreamError::out_of_range(format!("{what} ends at {to_us} us, not after it begins at {from_us} us")))
}

/// A rectangle with area inside an image of a size that the system accepts.
pub(super) fn crop(crop: PixelRect, image_size: (u32, u32)) -> Result<(), StreamError> {
    let (width, height) = image_size;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let context = format!("an image of {width}x{height} pixels is over the limit of {MAX_PIXELS}");
        return Err(StreamError::new(StreamErrorKind::TooLarge, context));
    }
    let inside = |start: u32, length: u32, limit: u32| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= limit)
    };
    if inside(crop.x, crop.width, width) && inside(crop.y, crop.height, height) {
        return Ok(());
    }
    Err(StreamError::out_of_range(format!("the crop {crop:?} is not inside {width}x{height} pixels")))
}
