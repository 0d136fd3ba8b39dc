//! C4: frames that come again.
//!
//! No sensor takes the same frame twice: its noise differs. A loop fed in place of the camera repeats frames bit by bit,
//! a frozen picture repeats the last one. Two equal frames in a row are no sign, many programs double a frame. Does not
//! apply to a single frame. A loop that was encoded again repeats nothing bit by bit, and this cue does not see it.

use verilume_frame::RgbView;

use crate::Cue;

/// Name of the cue.
pub const REPETITION: &str = "repetition";

/// Fewer frames than this say nothing. Origin: reasoning, a third of a second of a slow camera.
const LEAST_FRAMES: usize = 5;

/// The frames seen so far, as hashes: they serve to compare within one capture and are not kept.
#[derive(Default)]
pub(super) struct Repetition {
    hashes: Vec<u64>,
}

impl Repetition {
    pub(super) fn push(&mut self, view: RgbView<'_>) {
        self.hashes.push(hash(view));
    }

    /// The share of frames that came before, other than right before; 1 if all are one.
    fn share(&self) -> f64 {
        let first = self.hashes.first();
        if self.hashes.iter().all(|hash| Some(hash) == first) {
            return 1.0;
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut last = None;
        let mut again = 0usize;
        for hash in &self.hashes {
            again += usize::from(last != Some(hash) && seen.contains(hash));
            seen.insert(*hash);
            last = Some(hash);
        }
        again as f64 / self.hashes.len() as f64
    }
}

/// Less the share of frames that came before.
pub(super) fn cue(repetition: &Repetition) -> Cue {
    let cue = Cue::of(REPETITION, "1", "every frame is new", "frames come again bit by bit, as in a loop");
    let enough = repetition.hashes.len() >= LEAST_FRAMES;
    Cue { value: if enough { Ok(0.0 - repetition.share()) } else { Err("too few frames".to_owned()) }, ..cue }
}

/// FNV-1a (Fowler, Noll and Vo) over words of eight bytes: equal frames have equal hashes, and frames that were not made
/// to collide have different ones.
fn hash(view: RgbView<'_>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut take = |word: u64| {
        hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        hash ^= hash >> 29;
    };
    for y in 0..view.height() {
        let (words, rest) = view.row(y).as_chunks::<8>();
        words.iter().for_each(|word| take(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| take(u64::from(*byte)));
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(hashes: &[u64]) -> f64 {
        Repetition { hashes: hashes.to_vec() }.share()
    }

    #[test]
    fn a_doubled_frame_is_no_loop_but_a_loop_and_a_frozen_picture_are() {
        assert_eq!(share(&[1, 2, 2, 3, 4, 4]), 0.0);
        assert_eq!(share(&[1, 2, 3, 1, 2, 3]), 0.5);
        assert_eq!(share(&[7; 6]), 1.0);
    }
}
