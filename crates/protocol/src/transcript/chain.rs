//! The chain of hashes over the frames that were sent.

use sha2::{Digest as _, Sha256};
use verilume_frame::Timestamp;

use crate::stream::{Frame, Phase, PixelRect};

const ORIGIN_DOMAIN: &[u8] = b"verilume capture chain v1\0";
const LINK_DOMAIN: &[u8] = b"verilume capture frame v1\0";

/// The head of a chain.
pub type ChainHead = [u8; 32];

/// What the chain takes of a frame. Everything has a fixed width, so no two frames have the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLink {
    /// Counts the frames of the attempt from 0.
    pub sequence: u32,
    /// When it was captured, on the device's clock.
    pub captured_at: Timestamp,
    /// What the screen showed.
    pub phase: Phase,
    /// The part of the camera's frame that is sent.
    pub crop_in_image: PixelRect,
    /// Width and height of the camera's frame, pixels.
    pub image_size: (u32, u32),
    /// SHA-256 of the JPEG.
    pub jpeg_sha256: [u8; 32],
}

impl FrameLink {
    /// The link of a frame.
    pub fn of(frame: &Frame) -> Self {
        Self {
            sequence: frame.sequence,
            captured_at: frame.captured_at,
            phase: frame.phase,
            crop_in_image: frame.crop_in_image,
            image_size: frame.image_size,
            jpeg_sha256: frame.jpeg.sha256(),
        }
    }
}

/// A chain that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameChain {
    head: ChainHead,
}

impl FrameChain {
    /// The chain of an attempt before its first frame.
    pub fn new(session_id: &str, attempt: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(ORIGIN_DOMAIN);
        update_text(&mut hash, session_id);
        hash.update(attempt.to_le_bytes());
        Self { head: hash.finalize().into() }
    }

    /// The head after the frames taken so far.
    pub fn head(&self) -> ChainHead {
        self.head
    }

    /// Takes the next frame.
    pub fn push(&mut self, link: &FrameLink) {
        let (phase, slot) = match link.phase {
            Phase::Hold => (1u8, 0),
            Phase::Slot(slot) => (2, slot),
            Phase::Tail => (3, 0),
        };
        let PixelRect { x, y, width, height } = link.crop_in_image;
        let mut hash = Sha256::new();
        hash.update(LINK_DOMAIN);
        hash.update(self.head);
        hash.update(link.sequence.to_le_bytes());
        hash.update(link.captured_at.as_micros().to_le_bytes());
        hash.update([phase]);
        for number in [slot, x, y, width, height, link.image_size.0, link.image_size.1] {
            hash.update(number.to_le_bytes());
        }
        hash.update(link.jpeg_sha256);
        self.head = hash.finalize().into();
    }
}

/// A text with its length before it, so that no two sequences of texts have the same bytes.
pub(super) fn update_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> FrameLink {
        FrameLink {
            sequence: 7,
            captured_at: Timestamp::from_micros(1_234_567),
            phase: Phase::Slot(3),
            crop_in_image: PixelRect { x: 10, y: 20, width: 300, height: 400 },
            image_size: (480, 640),
            jpeg_sha256: [0xab; 32],
        }
    }

    fn head(chain: &FrameChain) -> String {
        chain.head().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_bytes_are_fixed_for_ever() {
        // python3: h = lambda *p: sha256(b"".join(p)).digest(); le = lambda n, w: n.to_bytes(w, "little")
        // h(b"verilume capture chain v1\0", le(3, 8), b"ses", le(2, 4))
        let mut chain = FrameChain::new("ses", 2);
        assert_eq!(head(&chain), "2303940efd0916baed305ad419ea506724441fe4e42dbe4f46958e66ba0dc276");
        // h(b"verilume capture frame v1\0", origin, le(7, 4), le(1234567, 8), b"\x02",
        //   *[le(n, 4) for n in (3, 10, 20, 300, 400, 480, 640)], b"\xab" * 32)
        chain.push(&link());
        assert_eq!(head(&chain), "8cc0da735dd7fb186cf4cd37e28c807de35b6139aa7d6dd1d8009ef6306a0380");
    }

    #[test]
    fn every_field_changes_the_head() {
        let origin = FrameChain::new("ses", 2);
        let head_with = |change: fn(&mut FrameLink)| {
            let (mut chain, mut link) = (origin.clone(), link());
            change(&mut link);
            chain.push(&link);
            chain.head()
        };
        let changes: [fn(&mut FrameLink); 9] = [
            |_| (),
            |link| link.sequence = 8,
            |link| link.captured_at = Timestamp::from_micros(1),
            |link| link.phase = Phase::Slot(4),
            |link| link.phase = Phase::Tail,
            |link| link.crop_in_image.x = 11,
            |link| link.crop_in_image.height = 401,
            |link| link.image_size = (640, 480),
            |link| link.jpeg_sha256[31] = 0,
        ];
        let heads: std::collections::BTreeSet<ChainHead> = changes.into_iter().map(head_with).collect();
        assert_eq!(heads.len(), changes.len());
        assert_ne!(FrameChain::new("ses", 3), origin);
        assert_ne!(FrameChain::new("se", 2), origin);
    }
}
