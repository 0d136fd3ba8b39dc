//! When a slot can be on a screen at all, by the service's own clock.
//!
//! Every bound here is a lower one that holds on any network: a slot cannot be shown before the service has said what it
//! shows, nor end before it has lasted, and whatever a device says of it arrives later still.

use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::challenge::FlashProfile;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::SlotEnd;

use super::Refusal;

/// From a reveal to the arrival of the first frame that can show it: the fastest screen and camera need two refreshes of
/// 240 Hz. Physics.
const LEAST_REACTION: Duration = Duration::from_millis(8);
/// A slot lasts at least this share of its length. Initial: a display may begin the next one a refresh early, and clocks
/// differ by some hundredths of a percent.
const LEAST_SLOT_SHARE: f64 = 0.85;
/// A slot lasts at most this much longer than its length. Origin: the client waits 3 s for a reveal.
const LONGEST_WAIT: Duration = Duration::from_millis(3500);
/// Frames of a slot may be captured this much before or after it. Initial: what a browser knows of its display.
const SLOT_SLACK: Duration = Duration::from_millis(100);
/// A device's clock may run ahead of the service's by this much over an attempt. Initial: a thousandth of 20 s, and a
/// timer's resolution.
const CLOCK_SLACK: Duration = Duration::from_millis(50);

/// A moment of the service's monotonic clock, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Micros(pub(crate) u64);

impl Micros {
    pub(crate) fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(later.as_micros()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// What the service's clock says about the slots of one attempt.
#[derive(Debug)]
pub(crate) struct SlotClock {
    least_slot: Duration,
    longest_slot: Duration,
    revealed_at: Vec<Micros>,
    /// No slot that has not ended yet can have begun before this.
    earliest_begin: Micros,
    /// How far the service's clock is ahead of the device's, at least, microseconds.
    ahead_us: Option<i128>,
    /// Capture times of the first and last frame of the slot that is on the screen.
    frames_at: Option<(Timestamp, Timestamp)>,
}

impl SlotClock {
    pub(crate) fn new(profile: &FlashProfile) -> Self {
        let slot = Duration::from_millis(profile.slot_ms().into());
        Self {
            least_slot: slot.mul_f64(LEAST_SLOT_SHARE),
            longest_slot: slot + LONGEST_WAIT,
            revealed_at: Vec::new(),
            earliest_begin: Micros::default(),
            ahead_us: None,
            frames_at: None,
        }
    }

    /// The next slot is revealed now.
    pub(crate) fn reveal(&mut self, now: Micros) {
        self.revealed_at.push(now);
    }

    /// When this slot can have begun at the earliest; `None` if it has not been revealed.
    fn begins_at(&self, slot: usize) -> Option<Micros> {
        let revealed_at = self.revealed_at.get(slot)?;
        Some(revealed_at.plus(LEAST_REACTION).max(self.earliest_begin))
    }

    /// A frame that claims to show a slot has come.
    pub(crate) fn frame(&mut self, slot: u32, captured_at: Timestamp, now: Micros) -> Result<(), Refusal> {
        if self.begins_at(slot as usize).is_none_or(|begins_at| now < begins_at) {
            return Err(Refusal::new(
                ErrorCode::SlotNotRevealed,
                format!("a frame of slot {slot} came before the slot can have been on a screen"),
            ));
        }
        let first = self.frames_at.map_or(captured_at, |(first, _)| first);
        self.frames_at = Some((first, captured_at));
        Ok(())
    }

    /// A slot is said to have ended.
    pub(crate) fn end(&mut self, end: &SlotEnd, now: Micros) -> Result<(), Refusal> {
        let refuse = |what: &str| {
            Err(Refusal::new(ErrorCode::SlotNotRevealed, format!("the end of slot {} {what}", end.slot)))
        };
        let slot = end.slot as usize;
        let (Some(begins_at), Some(&revealed_at)) = (self.begins_at(slot), self.revealed_at.get(slot)) else {
            return refuse("came before it was revealed");
        };
        let ends_at = begins_at.plus(self.least_slot);
        if now < ends_at {
            return refuse("came sooner than the slot lasts");
        }
        let lasted = end.ended_at - end.shown_at;
        if !(self.least_slot..=self.longest_slot).contains(&lasted) {
            return refuse("says that it was shown for a time that the plan does not allow");
        }
        if !self.fits_reveals(end, revealed_at, now) {
            return refuse("says more time than has gone by since a slot was revealed");
        }
        if let Some((first, last)) = self.frames_at.take()
            && (first + SLOT_SLACK < end.shown_at || last > end.ended_at + SLOT_SLACK)
        {
            return refuse("does not fit the times of its frames");
        }
        self.earliest_begin = ends_at;
        Ok(())
    }

    /// A slot is shown after it was revealed, and whatever the network did, the service hears of its end later than it
    /// ends. With reveals two slots ahead, this leaves a device that lies about its clock one slot's length to win.
    fn fits_reveals(&mut self, end: &SlotEnd, revealed_at: Micros, now: Micros) -> bool {
        let ahead_us = i128::from(revealed_at.0) - i128::from(end.shown_at.as_micros());
        let ahead_us = self.ahead_us.map_or(ahead_us, |known| known.max(ahead_us));
        self.ahead_us = Some(ahead_us);
        i128::from(end.ended_at.as_micros()) + ahead_us <= i128::from(now.plus(CLOCK_SLACK).0)
    }
}
