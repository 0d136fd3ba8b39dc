//! Minting: six codes and a salt for each slot, from random bytes that the caller brings.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    CODE_COUNT, ChallengeError, ChallengeErrorKind, Channel, CodeSet, FlashProfile, Half,
    MAX_MINTED_FLASHES_PER_SECOND, SALT_BYTES, ScreenTimeline, SlotCode, SlotCommitment, SlotReveal,
    flash_safety,
};

/// Draws in a row that may miss the uniform range before the source counts as broken. A fair source misses once
/// with probability below 2^-16, so this many never.
const MAX_REDRAWS: usize = 16;

/// A secret challenge. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct FlashChallenge {
    profile: FlashProfile,
    secret: Secret,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Secret {
    /// Code of half `h`, channel `c` at `3 * h + c`; bit `s` is slot `s`.
    codes: [u16; CODE_COUNT],
    salts: Vec<[u8; SALT_BYTES]>,
}

impl FlashChallenge {
    /// Draws a challenge. `fill_random` must fill its argument from a cryptographic generator.
    ///
    /// Each of the `|S_N|^6` challenges is equally likely: an index is drawn from 32 random bits, those at or above
    /// the largest multiple of `|S_N|` are drawn again, and no challenge is rejected for what it looks like.
    pub fn mint(
        profile: FlashProfile,
        mut fill_random: impl FnMut(&mut [u8]),
    ) -> Result<Self, ChallengeError> {
        let set = CodeSet::new(profile.slot_count())?;
        let mut secret =
            Secret { codes: [0; CODE_COUNT], salts: vec![[0; SALT_BYTES]; profile.slot_count()] };
        for code in &mut secret.codes {
            *code = set.codes()[uniform_below(set.size(), &mut fill_random)?];
        }
        for salt in &mut secret.salts {
            fill_random(salt);
        }
        Self { profile, secret }.checked()
    }

    /// A challenge of known codes (bit `s` of `codes[3 * half + channel]` is slot `s`), with zero salts: for
    /// simulation and tests. Codes outside `S_N` are allowed; unsafe ones are not.
    pub fn from_codes(profile: FlashProfile, codes: [u16; CODE_COUNT]) -> Result<Self, ChallengeError> {
        let salts = vec![[0; SALT_BYTES]; profile.slot_count()];
        Self { profile, secret: Secret { codes, salts } }.checked()
    }

    /// The profile cannot make an unsafe challenge; this holds it to that.
    fn checked(self) -> Result<Self, ChallengeError> {
        let safety = flash_safety(&ScreenTimeline::nominal(&self, 0.0));
        if safety.max_flashes_per_second() > MAX_MINTED_FLASHES_PER_SECOND {
            return Err(ChallengeError::new(
                ChallengeErrorKind::FlashUnsafe,
                format!("the challenge would flash {} times in a second", safety.max_flashes_per_second()),
            ));
        }
        Ok(self)
    }

    /// Timing and light.
    pub fn profile(&self) -> &FlashProfile {
        &self.profile
    }

    /// The code of a half and channel; bit `s` is slot `s`.
    pub fn code(&self, half: Half, channel: Channel) -> u16 {
        self.secret.codes[3 * half.index() + channel.index()]
    }

    /// What each slot shows, in order.
    pub fn slot_codes(&self) -> Vec<SlotCode> {
        (0..self.profile.slot_count()).map(|slot| self.slot_code(slot)).collect()
    }

    fn slot_code(&self, slot: usize) -> SlotCode {
        let bits =
            self.secret.codes.iter().enumerate().map(|(at, code)| ((code >> slot & 1) as u8) << at).sum();
        SlotCode::from_bits(bits)
    }

    /// The commitments to send before the first frame, one for each slot.
    pub fn commitments(&self) -> Vec<SlotCommitment> {
        (0..self.profile.slot_count()).map(|slot| SlotCommitment::to(&self.reveal_at(slot))).collect()
    }

    /// Opens one slot.
    pub fn reveal(&self, slot: usize) -> Result<SlotReveal, ChallengeError> {
        if slot >= self.profile.slot_count() {
            return Err(ChallengeError::new(
                ChallengeErrorKind::SlotMismatch,
                format!("there is no slot {slot} of {}", self.profile.slot_count()),
            ));
        }
        Ok(self.reveal_at(slot))
    }

    fn reveal_at(&self, slot: usize) -> SlotReveal {
        let number = u32::try_from(slot).unwrap_or(u32::MAX);
        SlotReveal::new(number, self.slot_code(slot), self.secret.salts[slot])
    }
}

impl fmt::Debug for FlashChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret_bytes = size_of_val(&self.secret.codes) + self.secret.salts.len() * SALT_BYTES;
        write!(f, "FlashChallenge({}, [redacted {secret_bytes} bytes])", self.profile.name())
    }
}

/// A uniform index below `count`, without the bias of a remainder.
fn uniform_below(count: usize, fill_random: &mut impl FnMut(&mut [u8])) -> Result<usize, ChallengeError> {
    let count = count as u64;
    let zone = (1u64 << 32) / count * count;
    let mut bytes = [0; 4];
    for _ in 0..MAX_REDRAWS {
        fill_random(&mut bytes);
        let drawn = u64::from(u32::from_le_bytes(bytes));
        bytes.zeroize();
        if drawn < zone {
            #[expect(clippy::cast_possible_truncation, reason = "below count, which was a usize")]
            return Ok((drawn % count) as usize);
        }
    }
    Err(ChallengeError::new(ChallengeErrorKind::RandomnessUnusable, "the random source repeats one value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// SplitMix64: good enough to test uniformity, useless for secrets.
    fn splitmix(mut state: u64) -> impl FnMut(&mut [u8]) {
        move |bytes| {
            for chunk in bytes.chunks_mut(8) {
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = state;
                mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^= mixed >> 31;
                chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
            }
        }
    }

    #[test]
    fn every_code_is_equally_likely() {
        let set = CodeSet::new(8).unwrap();
        let mut counts = vec![0u32; set.size()];
        let mut random = splitmix(1);
        let draws = 10_000u32;
        for _ in 0..draws {
            let profile = FlashProfile::standard().with_slot_count(8).unwrap();
            let challenge = FlashChallenge::mint(profile, &mut random).unwrap();
            for code in challenge.secret.codes {
                counts[set.codes().binary_search(&code).unwrap()] += 1;
            }
        }
        let expected = f64::from(draws * 6) / set.size() as f64;
        let chi2: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // 61 degrees of freedom: mean 61, standard deviation 11.
        assert!((20.0..115.0).contains(&chi2), "chi-squared {chi2}");
    }

    #[test]
    fn a_stuck_source_is_an_error_not_a_loop() {
        let error = FlashChallenge::mint(FlashProfile::standard(), |bytes| bytes.fill(0xff)).unwrap_err();
        assert_eq!(error.kind(), ChallengeErrorKind::RandomnessUnusable);
    }

    #[test]
    fn reveals_open_their_commitments_and_spell_the_codes() {
        let challenge = FlashChallenge::mint(FlashProfile::fast(), splitmix(7)).unwrap();
        let commitments = challenge.commitments();
        for (slot, commitment) in commitments.iter().enumerate() {
            let reveal = challenge.reveal(slot).unwrap();
            assert!(commitment.verifies(&reveal));
            for half in Half::ALL {
                for channel in Channel::ALL {
                    let bit = challenge.code(half, channel) >> slot & 1 == 1;
                    assert_eq!(reveal.code().is_lit(half, channel), bit);
                }
            }
        }
        assert_eq!(challenge.reveal(12).unwrap_err().kind(), ChallengeErrorKind::SlotMismatch);
    }

    #[test]
    fn a_challenge_never_prints_itself() {
        let challenge = FlashChallenge::mint(FlashProfile::fast(), splitmix(7)).unwrap();
        assert_eq!(format!("{challenge:?}"), "FlashChallenge(fast, [redacted 396 bytes])");
        let reveal = challenge.reveal(0).unwrap();
        assert_eq!(format!("{reveal:?}"), "SlotReveal(slot 0, [redacted 33 bytes])");
    }

    proptest! {
        #[test]
        fn no_profile_and_no_randomness_mints_more_than_two_flashes_a_second(
            seed: u64, profile in 0usize..4, slots in 3usize..=8, slot_ms in 250u32..600,
            low in 0.0..0.4f64, high in 0.5..=1.0f64,
        ) {
            let named = FlashProfile::ALL[profile];
            let custom = named.with_slot_count(2 * slots)?.with_slot_ms(slot_ms)?.with_levels(low, high)?;
            for profile in [named, custom] {
                let challenge = FlashChallenge::mint(profile, splitmix(seed))?;
                let safety = flash_safety(&ScreenTimeline::nominal(&challenge, 3.0));
                prop_assert!(safety.general_flashes_per_second <= 2, "{safety:?}");
                prop_assert!(safety.red_flashes_per_second <= 2, "{safety:?}");
            }
        }

        #[test]
        fn any_codes_at_all_stay_within_two_flashes(codes: [u16; CODE_COUNT], profile in 0usize..4) {
            prop_assert!(FlashChallenge::from_codes(FlashProfile::ALL[profile], codes).is_ok());
        }
    }
}
