//! Finds a JPEG's end marker by walking its segments: the decoder would fill a missing part with grey.

use crate::{StillError, StillErrorKind};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// Whether the picture is whole. What follows its end marker is passed over.
pub(crate) fn check(jpeg: &[u8]) -> Result<(), StillError> {
    let mut rest = Rest(jpeg.get(2..).unwrap_or_default());
    let mut marker = rest.marker()?;
    loop {
        marker = match marker {
            EOI => return Ok(()),
            // Markers without a length: TEM, restart.
            0x01 | 0xD0..=0xD7 => rest.marker()?,
            0x00 | SOI => return Err(damaged("a segment of the JPEG has no marker")),
            SOS => {
                rest.pass_segment()?;
                rest.pass_scan()?
            }
            _ => {
                rest.pass_segment()?;
                rest.marker()?
            }
        };
    }
}

struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Result<u8, StillError> {
        let (byte, rest) = self.0.split_first().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    /// The marker that must stand here, fill bytes passed over.
    fn marker(&mut self) -> Result<u8, StillError> {
        if self.byte()? != 0xFF {
            return Err(damaged("a segment of the JPEG does not begin with a marker"));
        }
        loop {
            match self.byte()? {
                0xFF => {}
                marker => return Ok(marker),
            }
        }
    }

    fn pass_segment(&mut self) -> Result<(), StillError> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let body =
            length.checked_sub(2).ok_or_else(|| damaged("a segment of the JPEG has an impossible length"))?;
        self.0 = self.0.get(body..).ok_or_else(truncated)?;
        Ok(())
    }

    /// Passes over entropy-coded data; gives the marker that ends it.
    fn pass_scan(&mut self) -> Result<u8, StillError> {
        loop {
            let plain = self.0.iter().position(|byte| *byte == 0xFF).ok_or_else(truncated)?;
            self.0 = &self.0[plain..];
            match self.marker()? {
                // A stuffed zero, or a restart within the scan.
                0x00 | 0xD0..=0xD7 => {}
                marker => return Ok(marker),
            }
        }
    }
}

fn truncated() -> StillError {
    StillError::new(StillErrorKind::Truncated, "the JPEG ends before its end marker")
}

fn damaged(what: &str) -> StillError {
    StillError::new(StillErrorKind::Damaged, what)
}
