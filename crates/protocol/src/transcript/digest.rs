//! The transcript itself: what may come next, and the digest at the end.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use verilume_frame::Timestamp;

use super::chain::update_text;
use super::{ChainHead, FrameChain, FrameLink, TranscriptError, TranscriptErrorKind};
use crate::challenge::SlotCommitment;
use crate::stream::{AttemptEnd, Phase, Reveal, SLOTS_REVEALED_AT_START, SlotEnd};

const DOMAIN: &[u8] = b"verilume capture transcript v1\0";

/// Hexadecimal digits of a digest.
const DIGEST_DIGITS: usize = 64;

/// What a transcript begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TranscriptOrigin<'a> {
    /// The session of the plan.
    pub session_id: &'a str,
    /// The attempt of the plan.
    pub attempt: u32,
    /// SHA-256 of the hello message as it was sent: what the device says of itself.
    pub hello_sha256: [u8; 32],
    /// SHA-256 of the plan message as it was sent.
    pub plan_sha256: [u8; 32],
    /// The commitments of the plan.
    pub commitments: &'a [SlotCommitment],
}

/// The transcript of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    session_id: String,
    attempt: u32,
    hello_sha256: [u8; 32],
    plan_sha256: [u8; 32],
    commitments: Vec<SlotCommitment>,
    chain: FrameChain,
    frame_count: u32,
    last_frame: Option<(Timestamp, Phase)>,
    reveals: Vec<Reveal>,
    ended: Vec<SlotEnd>,
}

impl Transcript {
    /// A transcript with no frame and no reveal.
    pub fn new(origin: &TranscriptOrigin<'_>) -> Self {
        Self {
            session_id: origin.session_id.to_owned(),
            attempt: origin.attempt,
            hello_sha256: origin.hello_sha256,
            plan_sha256: origin.plan_sha256,
            commitments: origin.commitments.to_vec(),
            chain: FrameChain::new(origin.session_id, origin.attempt),
            frame_count: 0,
            last_frame: None,
            reveals: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// The attempt that this is the transcript of.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The head of the chain.
    pub fn head(&self) -> ChainHead {
        self.chain.head()
    }

    /// Frames taken so far.
    pub fn frame_count(&self) -> u32 {
        self.frame_count
    }

    /// What has been revealed, slot by slot.
    pub fn reveals(&self) -> &[Reveal] {
        &self.reveals
    }

    /// The slots that have ended, in order.
    pub fn ended_slots(&self) -> &[SlotEnd] {
        &self.ended
    }

    /// The slot that may be revealed now; `None` while the frames of an earlier one are not fixed, or when all are
    /// revealed.
    pub fn next_reveal(&self) -> Option<usize> {
        let next = self.reveals.len();
        let fixed = next < self.ended.len() + SLOTS_REVEALED_AT_START;
        (fixed && next < self.commitments.len()).then_some(next)
    }

    /// Takes a reveal.
    pub fn reveal(&mut self, reveal: &Reveal) -> Result<(), TranscriptError> {
        let slot = reveal.slot.slot();
        let Some(next) = self.next_reveal().filter(|next| *next == slot as usize) else {
            return Err(TranscriptError::new(
                TranscriptErrorKind::RevealTooEarly,
                format!("slot {slot} is not the one to reveal now"),
            ));
        };
        if !self.commitments[next].verifies(&reveal.slot) {
            return Err(TranscriptError::new(
                TranscriptErrorKind::CommitmentMismatch,
                format!("slot {slot} is not what was committed to"),
            ));
        }
        self.reveals.push(reveal.clone());
        Ok(())
    }

    /// Takes the next frame; gives the head after it.
    pub fn frame(&mut self, link: &FrameLink) -> Result<ChainHead, TranscriptError> {
        self.check_phase(link.phase)?;
        let follows = link.sequence == self.frame_count
            && self.last_frame.is_none_or(|(captured_at, _)| captured_at < link.captured_at);
        if !follows {
            return Err(TranscriptError::new(
                TranscriptErrorKind::FrameOutOfOrder,
                format!("frame {} does not follow the {} before it", link.sequence, self.frame_count),
            ));
        }
        self.chain.push(link);
        self.frame_count += 1;
        self.last_frame = Some((link.captured_at, link.phase));
        Ok(self.chain.head())
    }

    fn check_phase(&self, phase: Phase) -> Result<(), TranscriptError> {
        let is_open = match phase {
            Phase::Hold => {
                self.ended.is_empty() && self.last_frame.is_none_or(|(_, last)| last == Phase::Hold)
            }
            Phase::Slot(slot) => slot as usize == self.ended.len() && self.ended.len() < self.reveals.len(),
            Phase::Tail => self.ended.len() == self.commitments.len(),
        };
        if is_open {
            return Ok(());
        }
        Err(TranscriptError::new(
            TranscriptErrorKind::SlotNotOpen,
            format!("{phase:?} is not on the screen now"),
        ))
    }

    /// Takes the end of a slot, if its head is the chain's.
    pub fn end_slot(&mut self, end: &SlotEnd) -> Result<(), TranscriptError> {
        let after_last = self.ended.last().is_none_or(|last| last.ended_at <= end.shown_at);
        let is_next = end.slot as usize == self.ended.len() && self.ended.len() < self.reveals.len();
        if !is_next || !after_last || end.shown_at >= end.ended_at {
            return Err(TranscriptError::new(
                TranscriptErrorKind::SlotOutOfOrder,
                format!("slot {} cannot end now", end.slot),
            ));
        }
        self.check_head(end.chain_head)?;
        self.ended.push(*end);
        Ok(())
    }

    fn check_head(&self, claimed: ChainHead) -> Result<(), TranscriptError> {
        if claimed == self.chain.head() {
            return Ok(());
        }
        let context = format!("the head after {} frames is another one", self.frame_count);
        Err(TranscriptError::new(TranscriptErrorKind::HeadMismatch, context))
    }

    /// Ends the attempt, if it is whole; gives its digest, 64 upper-case hexadecimal digits.
    pub fn finish(&self, end: &AttemptEnd) -> Result<String, TranscriptError> {
        let is_whole = self.ended.len() == self.commitments.len()
            && end.frame_count == self.frame_count
            && end.attempt == self.attempt;
        if !is_whole {
            return Err(TranscriptError::new(
                TranscriptErrorKind::Incomplete,
                format!("{} of {} slots have ended", self.ended.len(), self.commitments.len()),
            ));
        }
        self.check_head(end.chain_head)?;
        Ok(self.digest())
    }

    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        update_text(&mut hash, &self.session_id);
        hash.update(self.attempt.to_le_bytes());
        hash.update(self.hello_sha256);
        hash.update(self.plan_sha256);
        hash.update(self.frame_count.to_le_bytes());
        for ((commitment, reveal), end) in self.commitments.iter().zip(&self.reveals).zip(&self.ended) {
            hash.update(end.slot.to_le_bytes());
            hash.update(commitment.as_bytes());
            hash.update([reveal.slot.code().bits()]);
            hash.update(reveal.slot.salt());
            hash.update(reveal.revealed_at_us.to_le_bytes());
            hash.update(end.shown_at.as_micros().to_le_bytes());
            hash.update(end.ended_at.as_micros().to_le_bytes());
            hash.update(end.chain_head);
        }
        hash.update(self.chain.head());
        let mut digits = String::with_capacity(DIGEST_DIGITS);
        for byte in hash.finalize() {
            write!(digits, "{byte:02X}").expect("writing to a string succeeds");
        }
        digits
    }
}

/// Whether a text is a digest: 64 upper-case hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::{SALT_BYTES, SlotCode, SlotReveal};
    use crate::stream::PixelRect;

    const SLOTS: u32 = 6;

    fn reveal(slot: u32) -> Reveal {
        let code = SlotCode::from_bits(u8::try_from(slot).unwrap() + 1);
        let salt = [u8::try_from(slot).unwrap(); SALT_BYTES];
        Reveal { slot: SlotReveal::new(slot, code, salt), revealed_at_us: 1000 + u64::from(slot) }
    }

    fn begun() -> Transcript {
        let commitments: Vec<SlotCommitment> =
            (0..SLOTS).map(|slot| SlotCommitment::to(&reveal(slot).slot)).collect();
        Transcript::new(&TranscriptOrigin {
            session_id: "ses",
            attempt: 1,
            hello_sha256: [1; 32],
            plan_sha256: [2; 32],
            commitments: &commitments,
        })
    }

    fn link(sequence: u32, at_us: u64, phase: Phase) -> FrameLink {
        FrameLink {
            sequence,
            captured_at: Timestamp::from_micros(at_us),
            phase,
            crop_in_image: PixelRect { x: 0, y: 0, width: 2, height: 2 },
            image_size: (2, 2),
            jpeg_sha256: [7; 32],
        }
    }

    fn end(transcript: &Transcript, slot: u32) -> SlotEnd {
        SlotEnd {
            slot,
            shown_at: Timestamp::from_micros(u64::from(slot) * 10 + 10),
            ended_at: Timestamp::from_micros(u64::from(slot) * 10 + 20),
            chain_head: transcript.head(),
        }
    }

    /// A whole attempt of one frame in the hold, one in each slot, one in the tail.
    fn whole() -> Transcript {
        let mut transcript = begun();
        transcript.frame(&link(0, 1, Phase::Hold)).unwrap();
        transcript.reveal(&reveal(0)).unwrap();
        transcript.reveal(&reveal(1)).unwrap();
        for slot in 0..SLOTS {
            transcript.frame(&link(slot + 1, u64::from(slot) * 10 + 15, Phase::Slot(slot))).unwrap();
            transcript.end_slot(&end(&transcript, slot)).unwrap();
            if slot + 2 < SLOTS {
                transcript.reveal(&reveal(slot + 2)).unwrap();
            }
        }
        transcript.frame(&link(SLOTS + 1, 75, Phase::Tail)).unwrap();
        transcript
    }

    fn attempt_end(transcript: &Transcript) -> AttemptEnd {
        AttemptEnd { attempt: 1, frame_count: transcript.frame_count(), chain_head: transcript.head() }
    }

    #[track_caller]
    fn check<T: std::fmt::Debug>(result: Result<T, TranscriptError>, expected: TranscriptErrorKind) {
        assert_eq!(result.unwrap_err().kind(), expected);
    }

    #[test]
    fn the_digest_is_fixed_for_ever() {
        // Computed from docs/reference/capture-protocol.md alone, with Python's hashlib.
        let transcript = whole();
        let digest = transcript.finish(&attempt_end(&transcript)).unwrap();
        assert!(is_digest(&digest));
        assert_eq!(digest, "FB1DC71624D27DDCDCD98548FFC11CE96224AF3B95B43440A6BCF646A94B0E0D");
    }

    #[test]
    fn a_slot_is_revealed_only_when_the_one_two_before_it_is_fixed() {
        let mut transcript = begun();
        transcript.reveal(&reveal(0)).unwrap();
        transcript.reveal(&reveal(1)).unwrap();
        assert_eq!(transcript.next_reveal(), None);
        check(transcript.reveal(&reveal(2)), TranscriptErrorKind::RevealTooEarly);
        transcript.end_slot(&end(&transcript, 0)).unwrap();
        assert_eq!(transcript.next_reveal(), Some(2));
        check(transcript.reveal(&reveal(3)), TranscriptErrorKind::RevealTooEarly);
        let mut other = reveal(2);
        other.slot = SlotReveal::new(2, SlotCode::from_bits(0), *other.slot.salt());
        check(transcript.reveal(&other), TranscriptErrorKind::CommitmentMismatch);
        transcript.reveal(&reveal(2)).unwrap();
    }

    #[test]
    fn frames_follow_each_other_and_their_slots() {
        let mut transcript = begun();
        check(transcript.frame(&link(0, 5, Phase::Slot(0))), TranscriptErrorKind::SlotNotOpen);
        check(transcript.frame(&link(0, 5, Phase::Tail)), TranscriptErrorKind::SlotNotOpen);
        transcript.frame(&link(0, 5, Phase::Hold)).unwrap();
        check(transcript.frame(&link(2, 6, Phase::Hold)), TranscriptErrorKind::FrameOutOfOrder);
        check(transcript.frame(&link(1, 5, Phase::Hold)), TranscriptErrorKind::FrameOutOfOrder);
        transcript.reveal(&reveal(0)).unwrap();
        transcript.frame(&link(1, 6, Phase::Slot(0))).unwrap();
        check(transcript.frame(&link(2, 7, Phase::Hold)), TranscriptErrorKind::SlotNotOpen);
        transcript.end_slot(&end(&transcript, 0)).unwrap();
        check(transcript.frame(&link(2, 7, Phase::Slot(0))), TranscriptErrorKind::SlotNotOpen);
        check(transcript.frame(&link(2, 7, Phase::Slot(1))), TranscriptErrorKind::SlotNotOpen);
    }

    #[test]
    fn a_head_that_is_not_the_chains_ends_nothing() {
        let mut transcript = begun();
        transcript.reveal(&reveal(0)).unwrap();
        let mut wrong = end(&transcript, 0);
        wrong.chain_head[0] ^= 1;
        check(transcript.end_slot(&wrong), TranscriptErrorKind::HeadMismatch);
        check(transcript.end_slot(&end(&transcript, 1)), TranscriptErrorKind::SlotOutOfOrder);
        transcript.end_slot(&end(&transcript, 0)).unwrap();
        check(transcript.finish(&attempt_end(&transcript)), TranscriptErrorKind::Incomplete);
        let transcript = whole();
        let mut wrong = attempt_end(&transcript);
        wrong.chain_head[0] ^= 1;
        check(transcript.finish(&wrong), TranscriptErrorKind::HeadMismatch);
    }

    #[test]
    fn what_each_side_said_changes_the_digest() {
        let reference = whole();
        let digest = |transcript: &Transcript| transcript.finish(&attempt_end(transcript)).unwrap();
        let mut others = [whole(), whole(), whole(), whole()];
        others[0].hello_sha256[0] ^= 1;
        others[1].plan_sha256[0] ^= 1;
        others[2].reveals[3].revealed_at_us += 1;
        others[3].ended[5].ended_at = Timestamp::from_micros(71);
        for other in &others {
            assert_ne!(digest(other), digest(&reference));
        }
    }
}
