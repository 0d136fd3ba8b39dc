//! The challenges of simulated sessions.

use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::challenge::{self, FlashChallenge, FlashProfile, Half};

use crate::rng::Rng;
use crate::timeline::{ScreenColours, ScreenTimeline};

/// The challenge that a server whose random source were this seed would mint.
pub fn random_challenge(profile: FlashProfile, seed: u64) -> FlashChallenge {
    let mut rng = Rng::of(seed, "challenge");
    let minted = FlashChallenge::mint(profile, |bytes| {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&rng.bits().to_le_bytes()[..chunk.len()]);
        }
    });
    minted.expect("profiles are safe, and the generator does not repeat itself")
}

/// The challenge as planned: its lead-in begins with the session.
pub fn planned(challenge: &FlashChallenge) -> challenge::ScreenTimeline {
    challenge::ScreenTimeline::nominal(challenge, f64::from(challenge.profile().lead_in_ms()) / 1e3)
}

impl ScreenTimeline {
    /// What a screen without faults shows of a challenge; see [`planned`].
    pub fn planned(challenge: &FlashChallenge) -> Self {
        let plan = planned(challenge);
        let colours = |at_secs: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
            let light = |half| plan.colour(half, at_secs).map(|light| light as f32);
            let [top, bottom] = Half::ALL.map(light);
            ScreenColours { top, bottom }
        };
        let fade_secs = challenge.profile().cross_fade_secs();
        let mut shown = Self::new(colours(0.0));
        for &at_secs in plan.changes_at() {
            let at = Timestamp::from_secs(at_secs);
            shown.fade_to(at, Duration::from_secs_f64(fade_secs), colours(at_secs + fade_secs));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_follows_the_plan() {
        for profile in FlashProfile::ALL {
            let challenge = random_challenge(profile, 5);
            let (plan, shown) = (planned(&challenge), ScreenTimeline::planned(&challenge));
            for tick in 0..profile.duration_ms() {
                let at = f64::from(tick) / 1e3;
                for (half, shown) in [(Half::Top, shown.at(at).top), (Half::Bottom, shown.at(at).bottom)] {
                    for (planned, shown) in plan.colour(half, at).into_iter().zip(shown) {
                        assert!((planned - f64::from(shown)).abs() < 1e-4, "{} at {at} s", profile.name());
                    }
                }
            }
        }
    }

    #[test]
    fn a_seed_always_mints_the_same_challenge() {
        let codes = |seed| random_challenge(FlashProfile::standard(), seed).slot_codes();
        assert_eq!(codes(1), codes(1));
        assert_ne!(codes(1), codes(2));
    }
}
