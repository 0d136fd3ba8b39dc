//! The colour of each half of the screen over time.

use super::{ChallengeError, ChallengeErrorKind, FlashChallenge, FlashProfile, Half, SlotCode};

/// The grey of lead-in and tail in code units.
const GREY: f64 = 0.5;

/// What the screen shows when: grey, then each slot from the moment it was shown, then grey again. A change is a
/// linear cross-fade in linear light that begins at its moment.
///
/// Times are seconds on one clock; which clock is the caller's choice.
#[derive(Debug, Clone, PartialEq)]
pub struct ScreenTimeline {
    profile: FlashProfile,
    slots: Vec<SlotCode>,
    /// When each slot began, then when the tail began.
    changes_at: Vec<f64>,
}

impl ScreenTimeline {
    /// The timeline of slots as they were shown: `shown_at[s]` is when slot `s` began, `ended_at` when the tail
    /// began. Times must be finite and ascending.
    pub fn new(
        profile: FlashProfile,
        slots: &[SlotCode],
        shown_at: &[f64],
        ended_at: f64,
    ) -> Result<Self, ChallengeError> {
        let changes_at: Vec<f64> = shown_at.iter().copied().chain([ended_at]).collect();
        let ordered = changes_at.is_sorted_by(|a, b| a < b) && changes_at.iter().all(|time| time.is_finite());
        if slots.len() != shown_at.len() || slots.len() != profile.slot_count() || !ordered {
            return Err(ChallengeError::new(
                ChallengeErrorKind::SlotMismatch,
                format!(
                    "{} codes shown at {} ascending times do not make the {} slots of the profile",
                    slots.len(),
                    shown_at.len(),
                    profile.slot_count()
                ),
            ));
        }
        Ok(Self { profile, slots: slots.to_vec(), changes_at })
    }

    /// The timeline as planned, with slot 0 beginning at `first_slot_at` seconds.
    pub fn nominal(challenge: &FlashChallenge, first_slot_at: f64) -> Self {
        let profile = *challenge.profile();
        let changes_at = (0..=profile.slot_count())
            .map(|slot| first_slot_at + slot as f64 * profile.slot_secs())
            .collect();
        Self { profile, slots: challenge.slot_codes(), changes_at }
    }

    /// Timing and light.
    pub fn profile(&self) -> &FlashProfile {
        &self.profile
    }

    /// What each slot shows.
    pub fn slots(&self) -> &[SlotCode] {
        &self.slots
    }

    /// When slot `slot` begins, seconds; for `slot == slots().len()` when the tail begins.
    ///
    /// # Panics
    /// If `slot` is beyond the tail.
    pub fn change_at(&self, slot: usize) -> f64 {
        self.changes_at[slot]
    }

    /// All moments of change: one for each slot, then the tail, seconds.
    pub fn changes_at(&self) -> &[f64] {
        &self.changes_at
    }

    /// Drive of the three channels of a half at `time` seconds in code units: 0 unlit, 1 lit, 0.5 grey.
    pub fn drive(&self, half: Half, time: f64) -> [f64; 3] {
        let begun = self.changes_at.partition_point(|change| *change <= time);
        let now = self.plateau(half, begun);
        let Some(change) = begun.checked_sub(1).map(|last| self.changes_at[last]) else {
            return now;
        };
        let faded = self.faded(time - change);
        let before = self.plateau(half, begun - 1);
        std::array::from_fn(|c| before[c] + (now[c] - before[c]) * faded)
    }

    /// The mean drive of a half over an exposure from `start` to `end` seconds, in code units, exactly integrated.
    pub fn mean_drive(&self, half: Half, start: f64, end: f64) -> [f64; 3] {
        self.mean_drives(start, end)[half.index()]
    }

    /// [`Self::mean_drive`] of both halves, top first.
    pub fn mean_drives(&self, start: f64, end: f64) -> [[f64; 3]; 2] {
        let mut sums = [[0.0; 3]; 2];
        for (at, share) in
            self.mean_shares(start, end).into_iter().enumerate().filter(|(_, share)| *share != 0.0)
        {
            for (half, sums) in Half::ALL.into_iter().zip(&mut sums) {
                let levels = self.plateau(half, at);
                sums.iter_mut().zip(levels).for_each(|(sum, level)| *sum += share * level);
            }
        }
        sums
    }

    /// How much each steady colour (lead-in, every slot, tail) is on the screen over an exposure from `start` to
    /// `end` seconds: shares that sum to one, and know nothing of the codes. An empty exposure is an instant.
    pub fn mean_shares(&self, start: f64, end: f64) -> Vec<f64> {
        let begun = |change: f64| {
            if end > start {
                (self.ramp_integral(end - change) - self.ramp_integral(start - change)) / (end - start)
            } else {
                self.faded(start - change)
            }
        };
        let mut shares = Vec::with_capacity(self.changes_at.len() + 1);
        let mut on = 1.0;
        for change in &self.changes_at {
            let next = begun(*change);
            shares.push(on - next);
            on = next;
        }
        shares.push(on);
        shares
    }

    /// Linear light 0..=1 of the three channels of a half at `time` seconds.
    pub fn colour(&self, half: Half, time: f64) -> [f64; 3] {
        self.drive(half, time).map(|level| self.profile.light(level))
    }

    /// The 8-bit sRGB colour of a half at `time` seconds, as a display is told it.
    pub fn srgb(&self, half: Half, time: f64) -> [u8; 3] {
        self.colour(half, time).map(|light| {
            #[expect(clippy::cast_possible_truncation, reason = "0..=1, shown in 8 bits")]
            let light = light as f32;
            verilume_frame::srgb_from_linear(light)
        })
    }

    /// The steady colours in order with the moment each begins to appear: grey, the slots, grey.
    pub(super) fn plateaus(&self, half: Half) -> impl Iterator<Item = (f64, [f64; 3])> {
        let begins = std::iter::once(f64::NEG_INFINITY).chain(self.changes_at.iter().copied());
        begins
            .enumerate()
            .map(move |(at, begin)| (begin, self.plateau(half, at).map(|level| self.profile.light(level))))
    }

    /// Levels after `changes` changes: 0 is the lead-in, `slots + 1` the tail.
    fn plateau(&self, half: Half, changes: usize) -> [f64; 3] {
        match changes.checked_sub(1).and_then(|slot| self.slots.get(slot)) {
            Some(code) => code.levels(half),
            None => [GREY; 3],
        }
    }

    /// How far a fade is done `elapsed` seconds after it began, 0..=1.
    fn faded(&self, elapsed: f64) -> f64 {
        let fade = self.profile.cross_fade_secs();
        if elapsed >= fade { 1.0 } else { (elapsed / fade).max(0.0) }
    }

    /// The integral of [`Self::faded`] up to `elapsed`.
    fn ramp_integral(&self, elapsed: f64) -> f64 {
        let fade = self.profile.cross_fade_secs();
        if elapsed <= 0.0 {
            0.0
        } else if elapsed < fade {
            elapsed * elapsed / (2.0 * fade)
        } else {
            elapsed - fade / 2.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timeline() -> ScreenTimeline {
        let codes = [
            0b0101_1100_1010,
            0b1010_0011_0101,
            0b1100_1100_1100,
            0b11_0011_0011,
            0b0110_1001_0110,
            0b1001_0110_1001,
        ];
        let challenge = FlashChallenge::from_codes(FlashProfile::standard(), codes).unwrap();
        ScreenTimeline::nominal(&challenge, 1.0)
    }

    #[test]
    fn grey_leads_in_and_out() {
        let timeline = timeline();
        for time in [-5.0, 0.99, 1.0 + 12.0 * 0.33 + 0.1, 99.0] {
            assert_eq!(timeline.drive(Half::Top, time), [0.5; 3], "{time} s");
        }
        assert_eq!(timeline.srgb(Half::Bottom, 0.0), [189; 3]);
    }

    #[test]
    fn a_slot_fades_in_and_then_stands() {
        let timeline = timeline();
        let bits = |slot: usize| timeline.slots()[slot].levels(Half::Top);
        assert_eq!(timeline.drive(Half::Top, 1.0 + 0.33 * 2.0 - 0.001), bits(1));
        let middle = timeline.drive(Half::Top, 1.0 + 0.33 * 2.0 + 0.04);
        for (c, level) in middle.into_iter().enumerate() {
            assert!((level - (bits(1)[c] + bits(2)[c]) / 2.0).abs() < 1e-9);
        }
        assert_eq!(timeline.drive(Half::Top, 1.0 + 0.33 * 2.0 + 0.081), bits(2));
    }

    #[test]
    fn times_must_ascend_and_match_the_slots() {
        let profile = FlashProfile::standard();
        let slots = vec![SlotCode::default(); 12];
        let times: Vec<f64> = (0..12).map(f64::from).collect();
        assert!(ScreenTimeline::new(profile, &slots, &times, 12.0).is_ok());
        assert!(ScreenTimeline::new(profile, &slots, &times, 11.0).is_err());
        assert!(ScreenTimeline::new(profile, &slots, &times, f64::NAN).is_err());
        assert!(ScreenTimeline::new(profile, &slots[1..], &times, 12.0).is_err());
    }

    proptest! {
        #[test]
        fn the_mean_over_an_exposure_is_the_mean_of_the_drive(start in 0.0..6.0f64, length in 0.001..0.5f64) {
            let timeline = timeline();
            let taps = 2000;
            let exact = timeline.mean_drive(Half::Bottom, start, start + length);
            let mut sum = [0.0; 3];
            for tap in 0..taps {
                let drive = timeline.drive(Half::Bottom, start + length * (f64::from(tap) + 0.5) / f64::from(taps));
                for c in 0..3 {
                    sum[c] += drive[c] / f64::from(taps);
                }
            }
            for c in 0..3 {
                prop_assert!((exact[c] - sum[c]).abs() < 1e-3, "{exact:?} {sum:?}");
            }
        }
    }
}
