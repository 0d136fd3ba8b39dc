//! Which format bytes are of.

use crate::{StillError, StillErrorKind};

/// A format of still pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StillFormat {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// GIF; of an animation the first frame.
    Gif,
    /// BMP.
    Bmp,
    /// WebP; of an animation the first frame.
    WebP,
}

impl StillFormat {
    /// By the first bytes.
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if head.starts_with(b"BM") {
            Some(Self::Bmp)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// Its name as services write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "Jpeg",
            Self::Png => "Png",
            Self::Gif => "Gif",
            Self::Bmp => "Bmp",
            Self::WebP => "WebP",
        }
    }
}

/// Walks the chunks of a WebP: its decoder trusts the lengths they give. The picture must be whole, and metadata no
/// longer than `max_metadata` bytes.
pub(crate) fn check_webp(bytes: &[u8], max_metadata: usize) -> Result<(), StillError> {
    let truncated = || StillError::new(StillErrorKind::Truncated, "the WebP ends before its end");
    let length = |at: usize| -> Option<usize> {
        let field: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(field)).ok()
    };
    let end = length(4).and_then(|length| length.checked_add(8)).ok_or_else(truncated)?;
    if end > bytes.len() {
        return Err(truncated());
    }
    let mut at = 12;
    while at + 8 <= end {
        let body = length(at + 4).ok_or_else(truncated)?;
        let is_metadata = matches!(&bytes[at..at + 4], b"ICCP" | b"EXIF" | b"XMP ");
        if is_metadata && body > max_metadata {
            return Err(StillError::new(
                StillErrorKind::Damaged,
                "the WebP has more metadata than a picture has",
            ));
        }
        // Chunks have even lengths.
        at = body
            .checked_add(body % 2)
            .and_then(|body| at.checked_add(8)?.checked_add(body))
            .ok_or_else(truncated)?;
        if at > end + 1 {
            return Err(truncated());
        }
    }
    Ok(())
}
