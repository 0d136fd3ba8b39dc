//! How long, how bright and how soft the flashes are.

use super::{ChallengeError, ChallengeErrorKind, CodeSet};

/// The shortest slot. At 250 ms a change every slot is two flashes a second, below the three of WCAG 2.2.
pub const MIN_SLOT_MS: u32 = 250;

/// The longest grey before the first slot or after the last. A person waits through both.
pub const MAX_GREY_MS: u32 = 5000;

/// Timing and light of a challenge. Light is linear: 0 is black, 1 the screen's full drive of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlashProfile {
    name: &'static str,
    slot_count: usize,
    slot_ms: u32,
    lead_in_ms: u32,
    tail_ms: u32,
    cross_fade_ms: u32,
    low: f64,
    high: f64,
}

impl FlashProfile {
    /// The default: 12 slots of 330 ms, 4.0 s of codes.
    pub const fn standard() -> Self {
        Self::full("standard", 330, 80)
    }

    /// For people in a hurry and good light: 12 slots of 250 ms, 3.0 s of codes.
    pub const fn fast() -> Self {
        Self::full("fast", 250, 60)
    }

    /// For people who prefer slow changes: 12 slots of 500 ms, 6.0 s of codes.
    pub const fn calm() -> Self {
        Self::full("calm", 500, 100)
    }

    /// For people sensitive to flashing light: the slots of [`Self::calm`] at half the contrast. Needs a dimmer room.
    pub const fn soft() -> Self {
        Self { name: "soft", low: 0.25, high: 0.75, ..Self::calm() }
    }

    /// For people whom no flashing light may reach: the slots of [`Self::standard`] in one steady grey. It challenges
    /// nothing; what is left is the picture and how it moves.
    pub const fn none() -> Self {
        Self { name: "none", low: 0.5, high: 0.5, ..Self::standard() }
    }

    /// All named profiles.
    pub const ALL: [Self; 5] = [Self::standard(), Self::fast(), Self::calm(), Self::soft(), Self::none()];

    const fn full(name: &'static str, slot_ms: u32, cross_fade_ms: u32) -> Self {
        Self {
            name,
            slot_count: 12,
            slot_ms,
            lead_in_ms: 500,
            tail_ms: 250,
            cross_fade_ms,
            low: 0.02,
            high: 1.0,
        }
    }

    /// The named profile; `None` for an unknown name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// The same profile with another number of slots (even, 6 to 16).
    pub fn with_slot_count(self, slot_count: usize) -> Result<Self, ChallengeError> {
        CodeSet::new(slot_count)?;
        Ok(Self { name: "custom", slot_count, ..self })
    }

    /// The same profile with another slot length, [`MIN_SLOT_MS`] to 2000 ms.
    pub fn with_slot_ms(self, slot_ms: u32) -> Result<Self, ChallengeError> {
        if !(MIN_SLOT_MS..=2000).contains(&slot_ms) {
            return Err(ChallengeError::new(
                ChallengeErrorKind::ProfileOutOfRange,
                format!("a slot lasts {MIN_SLOT_MS} to 2000 ms, not {slot_ms} ms"),
            ));
        }
        Ok(Self { name: "custom", slot_ms, ..self })
    }

    /// The same profile with other light levels, `0 <= low <= high <= 1`; with equal ones the light is steady.
    pub fn with_levels(self, low: f64, high: f64) -> Result<Self, ChallengeError> {
        if !(low >= 0.0 && low <= high && high <= 1.0) {
            return Err(ChallengeError::new(
                ChallengeErrorKind::ProfileOutOfRange,
                format!("light levels must be 0 <= low <= high <= 1, not {low} and {high}"),
            ));
        }
        Ok(Self { name: "custom", low, high, ..self })
    }

    /// The same profile with another grey before and after the slots, up to [`MAX_GREY_MS`] each.
    pub fn with_grey_ms(self, lead_in_ms: u32, tail_ms: u32) -> Result<Self, ChallengeError> {
        if lead_in_ms > MAX_GREY_MS || tail_ms > MAX_GREY_MS {
            return Err(ChallengeError::new(
                ChallengeErrorKind::ProfileOutOfRange,
                format!("the grey lasts at most {MAX_GREY_MS} ms, not {lead_in_ms} and {tail_ms} ms"),
            ));
        }
        Ok(Self { name: "custom", lead_in_ms, tail_ms, ..self })
    }

    /// The same profile with another fade, at most half a slot.
    pub fn with_cross_fade_ms(self, cross_fade_ms: u32) -> Result<Self, ChallengeError> {
        if cross_fade_ms > self.slot_ms / 2 {
            return Err(ChallengeError::new(
                ChallengeErrorKind::ProfileOutOfRange,
                format!("a fade of {cross_fade_ms} ms is over half of a slot of {} ms", self.slot_ms),
            ));
        }
        Ok(Self { name: "custom", cross_fade_ms, ..self })
    }

    /// The same profile under the name that profiles with exactly its numbers have.
    pub fn with_known_name(self) -> Self {
        let same = |known: &Self| Self { name: self.name, ..*known } == self;
        Self::ALL.into_iter().find(same).unwrap_or(self)
    }

    /// `standard`, `fast`, `calm`, `soft`, `none`, or `custom`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the light never changes: nobody is flashed at, and nothing can be learnt from the light.
    pub fn is_steady(&self) -> bool {
        self.high <= self.low
    }

    /// Number of slots.
    pub const fn slot_count(&self) -> usize {
        self.slot_count
    }

    /// Length of a slot, milliseconds.
    pub const fn slot_ms(&self) -> u32 {
        self.slot_ms
    }

    /// Length of a slot, seconds.
    pub fn slot_secs(&self) -> f64 {
        f64::from(self.slot_ms) / 1e3
    }

    /// Grey before the first slot, milliseconds.
    pub const fn lead_in_ms(&self) -> u32 {
        self.lead_in_ms
    }

    /// Grey after the last slot, milliseconds.
    pub const fn tail_ms(&self) -> u32 {
        self.tail_ms
    }

    /// Length of the fade from one colour to the next, milliseconds; it begins with the slot.
    pub const fn cross_fade_ms(&self) -> u32 {
        self.cross_fade_ms
    }

    /// Length of the fade, seconds.
    pub fn cross_fade_secs(&self) -> f64 {
        f64::from(self.cross_fade_ms) / 1e3
    }

    /// Linear light of an unlit channel.
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// Linear light of a lit channel.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// Linear light of a level in code units: 0 is unlit, 1 lit, 0.5 the grey of lead-in and tail.
    pub fn light(&self, level: f64) -> f64 {
        self.low + (self.high - self.low) * level
    }

    /// Lead-in, slots and tail together, milliseconds.
    pub fn duration_ms(&self) -> u32 {
        let slots = u32::try_from(self.slot_count).unwrap_or(u32::MAX);
        self.lead_in_ms + slots * self.slot_ms + self.tail_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_last_as_long_as_they_say() {
        let durations = FlashProfile::ALL.map(|profile| profile.duration_ms());
        assert_eq!(durations, [4710, 3750, 6750, 6750, 4710]);
    }

    #[test]
    fn a_profile_that_flashes_too_fast_cannot_be_made() {
        assert!(FlashProfile::standard().with_slot_ms(249).is_err());
        assert!(FlashProfile::standard().with_levels(0.6, 0.5).is_err());
        assert!(FlashProfile::standard().with_levels(f64::NAN, 1.0).is_err());
    }

    #[test]
    fn only_equal_levels_are_steady() {
        let steady = FlashProfile::ALL.map(|profile| profile.is_steady());
        assert_eq!(steady, [false, false, false, false, true]);
        assert!(FlashProfile::standard().with_levels(0.3, 0.3).is_ok_and(|profile| profile.is_steady()));
    }

    #[test]
    fn numbers_find_their_names() {
        let rebuilt = FlashProfile::standard()
            .with_slot_ms(500)
            .and_then(|profile| profile.with_cross_fade_ms(100))
            .and_then(|profile| profile.with_levels(0.25, 0.75))
            .map(FlashProfile::with_known_name);
        assert_eq!(rebuilt, Ok(FlashProfile::soft()));
        assert!(FlashProfile::fast().with_cross_fade_ms(126).is_err());
        assert!(FlashProfile::fast().with_grey_ms(500, MAX_GREY_MS + 1).is_err());
    }

    #[test]
    fn names_find_their_profiles() {
        assert_eq!(FlashProfile::by_name("calm"), Some(FlashProfile::calm()));
        assert_eq!(FlashProfile::by_name("strobe"), None);
    }
}
