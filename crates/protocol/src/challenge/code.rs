//! Codes: the set they come from, and the six bits one slot shows.

use zeroize::Zeroize;

use super::{ChallengeError, ChallengeErrorKind};

/// The longest run of equal bits in a code. Longer runs would look like a drift of exposure or white balance.
pub const MAX_RUN: usize = 3;

/// Codes of a challenge: two halves times three channels.
pub const CODE_COUNT: usize = 6;

/// A half of the screen, as the person looking at it sees it in the orientation of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// The upper half.
    Top,
    /// The lower half.
    Bottom,
}

impl Half {
    /// Both halves, top first.
    pub const ALL: [Self; 2] = [Self::Top, Self::Bottom];

    /// 0 for top, 1 for bottom.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A primary of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
}

impl Channel {
    /// All channels in the order of RGB.
    pub const ALL: [Self; 3] = [Self::Red, Self::Green, Self::Blue];

    /// 0, 1, 2 for red, green, blue.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What one slot shows: bit `3 * half + channel` is set where that channel of that half is lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Zeroize)]
pub struct SlotCode(u8);

impl SlotCode {
    /// From the six lowest bits; the upper two are ignored.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0x3f)
    }

    /// The six bits, 0..64.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether this channel of this half is lit.
    pub const fn is_lit(self, half: Half, channel: Channel) -> bool {
        self.0 >> (3 * half.index() + channel.index()) & 1 == 1
    }

    /// 1 where lit and 0 where not, for the three channels of a half.
    pub fn levels(self, half: Half) -> [f64; 3] {
        Channel::ALL.map(|channel| f64::from(u8::from(self.is_lit(half, channel))))
    }
}

/// The set `S_N` of all codes of `N` slots: `N/2` ones, no run longer than [`MAX_RUN`].
///
/// A code is a bit mask; bit `s` is slot `s`. |S_8| = 62, |S_10| = 194, |S_12| = 616.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSet {
    slot_count: usize,
    codes: Vec<u16>,
}

impl CodeSet {
    /// The fewest slots of a challenge (the tests use this size; products use 12).
    pub const MIN_SLOTS: usize = 6;
    /// The most slots of a challenge: six codes of 16 slots still count exactly in 128 bits.
    pub const MAX_SLOTS: usize = 16;

    /// The set for an even number of slots between [`Self::MIN_SLOTS`] and [`Self::MAX_SLOTS`].
    pub fn new(slot_count: usize) -> Result<Self, ChallengeError> {
        if !(Self::MIN_SLOTS..=Self::MAX_SLOTS).contains(&slot_count) || !slot_count.is_multiple_of(2) {
            return Err(ChallengeError::new(
                ChallengeErrorKind::ProfileOutOfRange,
                format!("a challenge has an even number of 6 to 16 slots, not {slot_count}"),
            ));
        }
        let last = if slot_count == 16 { u16::MAX } else { (1 << slot_count) - 1 };
        let codes = (0..=last)
            .filter(|code: &u16| {
                code.count_ones() as usize == slot_count / 2 && longest_run(*code, slot_count) <= MAX_RUN
            })
            .collect();
        Ok(Self { slot_count, codes })
    }

    /// Slots of a code.
    pub fn slot_count(&self) -> usize {
        self.slot_count
    }

    /// All codes, ascending.
    pub fn codes(&self) -> &[u16] {
        &self.codes
    }

    /// How many codes there are.
    pub fn size(&self) -> usize {
        self.codes.len()
    }
}

fn longest_run(code: u16, slot_count: usize) -> usize {
    let bit = |slot: usize| code >> slot & 1;
    let (mut run, mut longest) = (1, 1);
    for slot in 1..slot_count {
        run = if bit(slot) == bit(slot - 1) { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_the_published_sizes() {
        for (slots, size) in [(8, 62), (10, 194), (12, 616)] {
            assert_eq!(CodeSet::new(slots).unwrap().size(), size, "{slots} slots");
        }
    }

    #[test]
    fn the_complement_of_a_code_is_a_code() {
        let set = CodeSet::new(12).unwrap();
        assert!(set.codes().iter().all(|code| set.codes().binary_search(&(!code & 0xfff)).is_ok()));
    }

    #[test]
    fn odd_short_and_long_challenges_are_refused() {
        for slots in [0, 4, 11, 18] {
            let error = CodeSet::new(slots).unwrap_err();
            assert_eq!(error.kind(), ChallengeErrorKind::ProfileOutOfRange, "{slots} slots");
        }
    }

    #[test]
    fn a_slot_code_tells_its_six_bits_apart() {
        let code = SlotCode::from_bits(0b100_001);
        assert_eq!(code.levels(Half::Top), [1.0, 0.0, 0.0]);
        assert_eq!(code.levels(Half::Bottom), [0.0, 0.0, 1.0]);
    }
}
