//! What the screen shows when.

use std::time::Duration;

use verilume_frame::{Timestamp, srgb_from_linear};
use verilume_protocol::challenge::{FlashProfile, Half, SlotCode};

use crate::CaptureState;

/// How long the first grey takes to come. Origin: a ramp of 200 ms is comfortable in the dark.
const GREY_RAMP: Duration = Duration::from_millis(200);
/// A display may begin this much early: the refresh before the one that is due, at 60 Hz.
const DISPLAY_EARLY: Duration = Duration::from_millis(17);
/// The grey before and after the slots, in code units.
const GREY: f64 = 0.5;

/// The colours of both halves of the screen, linear light: 0 is black, 1 the screen's full drive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenColours {
    /// The upper half, as the person sees it.
    pub top: [f64; 3],
    /// The lower half.
    pub bottom: [f64; 3],
}

impl ScreenColours {
    fn grey(profile: &FlashProfile) -> Self {
        let grey = [profile.light(GREY); 3];
        Self { top: grey, bottom: grey }
    }

    fn of(code: SlotCode, profile: &FlashProfile) -> Self {
        let half = |half| code.levels(half).map(|level| profile.light(level));
        Self { top: half(Half::Top), bottom: half(Half::Bottom) }
    }

    /// The 8-bit sRGB colours of top and bottom, as a display is told them.
    pub fn srgb(&self) -> [[u8; 3]; 2] {
        #[expect(clippy::cast_possible_truncation, reason = "light of 0..=1, shown in 8 bits")]
        let encoded = |rgb: [f64; 3]| rgb.map(|light| srgb_from_linear(light as f32));
        [encoded(self.top), encoded(self.bottom)]
    }

    fn mixed(from: &Self, to: &Self, share: f64) -> Self {
        let mix = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|c| a[c] + (b[c] - a[c]) * share);
        Self { top: mix(from.top, to.top), bottom: mix(from.bottom, to.bottom) }
    }
}

/// A change of the screen: a cross-fade in linear light, after which the colours stand until the next step. Whoever
/// shows it says when its first part was really on the screen ([`Input::Shown`](crate::Input::Shown)), at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenStep {
    /// Counts the steps of an attempt: 0 is the grey before the slots, `1 + s` slot `s`, the last one the grey after.
    pub step: u32,
    /// When the fade is due to begin.
    pub begins_at: Timestamp,
    /// How long the fade takes.
    pub fade: Duration,
    /// What the screen showed before.
    pub from: ScreenColours,
    /// What it shows after.
    pub to: ScreenColours,
}

impl ScreenStep {
    /// The colours at a moment, if the fade began at `shown_at`.
    pub fn colours_at(&self, now: Timestamp, shown_at: Timestamp) -> ScreenColours {
        let (elapsed, fade) = ((now - shown_at).as_secs_f64(), self.fade.as_secs_f64());
        if elapsed >= fade {
            return self.to;
        }
        ScreenColours::mixed(&self.from, &self.to, elapsed / fade)
    }
}

/// The steps of one attempt, each scheduled when the one before it is really on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    profile: FlashProfile,
    hold: Duration,
    steps: Vec<ScreenStep>,
    shown: Vec<Timestamp>,
}

impl Schedule {
    /// Begins with the grey, now.
    pub(crate) fn new(profile: FlashProfile, hold: Duration, now: Timestamp) -> Self {
        let grey = ScreenColours::grey(&profile);
        let first = ScreenStep { step: 0, begins_at: now, fade: GREY_RAMP, from: grey, to: grey };
        Self { profile, hold, steps: vec![first], shown: Vec::new() }
    }

    /// The newest step.
    pub(crate) fn last(&self) -> &ScreenStep {
        self.steps.last().expect("a schedule begins with the grey")
    }

    /// When a step was really shown.
    pub(crate) fn shown_at(&self, step: usize) -> Option<Timestamp> {
        self.shown.get(step).copied()
    }

    /// Takes the word of the display for the step that it was told last. Anything else is passed over, and so is a step
    /// that was shown before it was due: slots that are too short could flash too often.
    pub(crate) fn shown(&mut self, step: u32, at: Timestamp) {
        let awaited = self.unconfirmed().filter(|awaited| awaited.step == step);
        let is_due = awaited.is_some_and(|awaited| at + DISPLAY_EARLY >= awaited.begins_at);
        if is_due && self.shown.last().is_none_or(|last| *last < at) {
            self.shown.push(at);
        }
    }

    /// The step that the display has been told and not confirmed.
    pub(crate) fn unconfirmed(&self) -> Option<&ScreenStep> {
        self.steps.get(self.shown.len())
    }

    /// When the next step is due; `None` while the last one is not on the screen, or when there is no next.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        let last = self.shown.last().filter(|_| self.shown.len() == self.steps.len())?;
        let stands = match self.steps.len() {
            1 => self.hold,
            told if told <= self.profile.slot_count() + 1 => slot_length(&self.profile),
            _ => return None,
        };
        Some(*last + stands)
    }

    /// The slot that the next step shows; `None` if the next step is the grey after them.
    pub(crate) fn next_slot(&self) -> Option<usize> {
        Some(self.steps.len() - 1).filter(|slot| *slot < self.profile.slot_count())
    }

    /// Schedules the next step: a slot's colours, or the grey for `None`. Never before it is due.
    pub(crate) fn push(&mut self, code: Option<SlotCode>, due_at: Timestamp, now: Timestamp) -> ScreenStep {
        let to = match code {
            Some(code) => ScreenColours::of(code, &self.profile),
            None => ScreenColours::grey(&self.profile),
        };
        let step = ScreenStep {
            step: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
            begins_at: due_at.max(now),
            fade: Duration::from_millis(self.profile.cross_fade_ms().into()),
            from: self.last().to,
            to,
        };
        self.steps.push(step);
        step
    }

    /// When the grey after the slots has stood long enough.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        let tail_shown_at = self.shown_at(self.profile.slot_count() + 1)?;
        Some(tail_shown_at + Duration::from_millis(self.profile.tail_ms().into()))
    }

    /// How long a part of the attempt takes if nothing is late.
    pub(crate) fn nominal(&self, state: CaptureState) -> Duration {
        let slots = u32::try_from(self.profile.slot_count()).unwrap_or(0);
        match state {
            CaptureState::Hold => self.hold,
            CaptureState::Flash => slot_length(&self.profile) * slots,
            CaptureState::Tail => Duration::from_millis(self.profile.tail_ms().into()),
            _ => Duration::ZERO,
        }
    }

    /// How much longer the attempt takes if nothing is late.
    pub(crate) fn remaining(&self, now: Timestamp) -> Duration {
        let slots = self.profile.slot_count();
        let tail = Duration::from_millis(self.profile.tail_ms().into());
        let stood = now - self.shown.last().copied().unwrap_or(now);
        let told = u32::try_from(slots + 1 - self.shown.len().min(slots + 1)).unwrap_or(0);
        let (of_slots, now_standing) = match self.shown.len() {
            0 | 1 => (slot_length(&self.profile) * u32::try_from(slots).unwrap_or(0), self.hold),
            shown if shown <= slots + 1 => (slot_length(&self.profile) * told, slot_length(&self.profile)),
            _ => (Duration::ZERO, Duration::ZERO),
        };
        now_standing.saturating_sub(stood) + of_slots + tail
    }
}

fn slot_length(profile: &FlashProfile) -> Duration {
    Duration::from_millis(profile.slot_ms().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_step_follows_what_was_really_shown() {
        let mut schedule = Schedule::new(FlashProfile::standard(), Duration::from_secs(1), ms(0));
        assert_eq!(schedule.next_due_at(), None);
        schedule.shown(1, ms(10));
        assert_eq!(schedule.next_due_at(), None, "step 1 has not been told");
        schedule.shown(0, ms(20));
        assert_eq!(schedule.next_due_at(), Some(ms(1020)));
        assert_eq!(schedule.remaining(ms(20)), Duration::from_millis(1000 + 12 * 330 + 250));
        schedule.push(Some(SlotCode::from_bits(7)), ms(1020), ms(900));
        schedule.shown(1, ms(1000));
        assert!(schedule.unconfirmed().is_some(), "before it was due");
        schedule.shown(1, ms(1035));
        assert_eq!(schedule.next_due_at(), Some(ms(1365)));
        assert_eq!(schedule.remaining(ms(1035)), Duration::from_millis(12 * 330 + 250));
        let late = schedule.push(Some(SlotCode::from_bits(0)), ms(1365), ms(1500));
        assert_eq!((late.begins_at, late.from.top), (ms(1500), [1.0; 3]));
    }

    #[test]
    fn the_last_step_is_grey_and_nothing_follows() {
        let mut schedule = Schedule::new(FlashProfile::fast(), Duration::from_secs(1), ms(0));
        schedule.shown(0, ms(0));
        for slot in 0..12 {
            assert_eq!(schedule.next_slot(), Some(slot));
            let due_at = schedule.next_due_at().unwrap();
            let step = schedule.push(Some(SlotCode::from_bits(1)), due_at, ms(0));
            schedule.shown(step.step, step.begins_at);
        }
        assert_eq!(schedule.next_slot(), None);
        let tail = schedule.push(None, ms(4000), ms(0));
        assert_eq!(tail.to.srgb(), [[189; 3]; 2]);
        schedule.shown(13, ms(4000));
        assert_eq!((schedule.next_due_at(), schedule.ends_at()), (None, Some(ms(4250))));
        assert_eq!(schedule.remaining(ms(4000)), Duration::from_millis(250));
    }

    #[test]
    fn a_fade_is_linear_in_light() {
        let mut schedule = Schedule::new(FlashProfile::standard(), Duration::from_secs(1), ms(0));
        let step = schedule.push(Some(SlotCode::from_bits(0b00_0001)), ms(0), ms(0));
        let middle = step.colours_at(ms(40), ms(0));
        assert!((middle.top[0] - (0.51 + 1.0) / 2.0).abs() < 1e-9, "{middle:?}");
        assert_eq!(step.colours_at(ms(80), ms(0)), step.to);
    }
}
