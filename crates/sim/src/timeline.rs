//! What the screen has shown: two halves, each with a colour in linear light that changes by straight cross-fades.

use std::time::Duration;

use verilume_frame::Timestamp;

/// Red, green and blue as a share of the screen's full output, linear light, 0..=1.
pub type LinearRgb = [f32; 3];

/// What both halves of the screen show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScreenColours {
    /// The upper half.
    pub top: LinearRgb,
    /// The lower half.
    pub bottom: LinearRgb,
}

impl ScreenColours {
    /// Both halves alike.
    pub const fn uniform(colour: LinearRgb) -> Self {
        Self { top: colour, bottom: colour }
    }

    fn flat(self) -> [f64; 6] {
        let ([a, b, c], [d, e, f]) = (self.top, self.bottom);
        [a, b, c, d, e, f].map(f64::from)
    }

    fn from_flat(values: [f64; 6]) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "precision is given up on purpose")]
        let [a, b, c, d, e, f] = values.map(|value| value as f32);
        Self { top: [a, b, c], bottom: [d, e, f] }
    }
}

/// Everything the screen has shown so far; before its first change it showed that change's colours.
///
/// ```
/// use std::time::Duration;
/// use verilume_frame::Timestamp;
/// use verilume_sim::{ScreenColours, ScreenTimeline};
///
/// let mut shown = ScreenTimeline::new(ScreenColours::uniform([0.0; 3]));
/// shown.fade_to(Timestamp::from_millis(100), Duration::from_millis(80), ScreenColours::uniform([1.0; 3]));
/// assert_eq!(shown.at(0.140).top, [0.5; 3]);
/// assert_eq!(shown.mean(0.10, 0.18).bottom, [0.5; 3]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ScreenTimeline {
    knots: Vec<Knot>,
}

/// A corner of the piecewise straight course of the six channels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Knot {
    at_secs: f64,
    values: [f64; 6],
    /// The integral of the values up to here, from the first knot.
    integral: [f64; 6],
}

impl ScreenTimeline {
    /// A screen that has shown these colours for ever.
    pub fn new(colours: ScreenColours) -> Self {
        Self { knots: vec![Knot { at_secs: 0.0, values: colours.flat(), integral: [0.0; 6] }] }
    }

    /// From `at` on the screen fades to `colours` within `fade`, straight in linear light. A fade still under way ends
    /// where it is. Changes come in order: one that is earlier than the last counts as simultaneous with it.
    pub fn fade_to(&mut self, at: Timestamp, fade: Duration, colours: ScreenColours) {
        let last_start = self.knots.len().checked_sub(2).map_or(0.0, |before| self.knots[before].at_secs);
        let start_secs = at.as_secs().max(last_start);
        let now = self.values_at(start_secs);
        while self.knots.len() > 1 && self.knots.last().is_some_and(|knot| knot.at_secs >= start_secs) {
            self.knots.pop();
        }
        self.push(start_secs, now);
        // A panel needs about a millisecond even for a hard change; it also keeps the knots apart.
        self.push(start_secs + fade.as_secs_f64().max(1e-3), colours.flat());
    }

    /// What the screen shows at a moment, in seconds of its clock.
    pub fn at(&self, at_secs: f64) -> ScreenColours {
        ScreenColours::from_flat(self.values_at(at_secs))
    }

    /// The mean over a span of time, in seconds; the moment itself if the span is empty.
    pub fn mean(&self, from_secs: f64, to_secs: f64) -> ScreenColours {
        let span_secs = to_secs - from_secs;
        if span_secs <= 1e-9 {
            return self.at(from_secs);
        }
        let (low, high) = (self.integral_to(from_secs), self.integral_to(to_secs));
        ScreenColours::from_flat(std::array::from_fn(|i| (high[i] - low[i]) / span_secs))
    }

    fn push(&mut self, at_secs: f64, values: [f64; 6]) {
        let integral = self.integral_to(at_secs);
        let integral = match self.knots.last() {
            Some(last) => std::array::from_fn(|i| {
                last.integral[i] + (at_secs - last.at_secs) * (last.values[i] + values[i]) / 2.0
            }),
            None => integral,
        };
        self.knots.push(Knot { at_secs, values, integral });
    }

    /// The knot at or before a moment; the first one for earlier moments.
    fn knot_before(&self, at_secs: f64) -> usize {
        self.knots.partition_point(|knot| knot.at_secs <= at_secs).saturating_sub(1)
    }

    fn values_at(&self, at_secs: f64) -> [f64; 6] {
        let index = self.knot_before(at_secs);
        let knot = &self.knots[index];
        match self.knots.get(index + 1) {
            Some(next) if at_secs > knot.at_secs => {
                let share = (at_secs - knot.at_secs) / (next.at_secs - knot.at_secs);
                std::array::from_fn(|i| knot.values[i] + (next.values[i] - knot.values[i]) * share)
            }
            _ => knot.values,
        }
    }

    fn integral_to(&self, at_secs: f64) -> [f64; 6] {
        let knot = &self.knots[self.knot_before(at_secs)];
        let now = self.values_at(at_secs);
        std::array::from_fn(|i| knot.integral[i] + (at_secs - knot.at_secs) * (knot.values[i] + now[i]) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use verilume_protocol::challenge::FlashProfile;

    use super::*;
    use crate::challenge::random_challenge;

    #[test]
    fn the_mean_is_the_integral_of_the_course() {
        let shown = ScreenTimeline::planned(&random_challenge(FlashProfile::standard(), 3));
        for (from, to) in [(0.1, 0.2), (0.51, 0.62), (1.0, 4.0), (4.4, 5.5)] {
            let steps = 20_000;
            let sum: f64 = (0..steps)
                .map(|i| {
                    f64::from(shown.at(from + (to - from) * (f64::from(i) + 0.5) / f64::from(steps)).top[1])
                })
                .sum();
            let mean = f64::from(shown.mean(from, to).top[1]);
            assert!((mean - sum / f64::from(steps)).abs() < 1e-4, "{from}..{to}: {mean}");
        }
    }

    #[test]
    fn a_change_cuts_the_fade_before_it() {
        let mut shown = ScreenTimeline::new(ScreenColours::uniform([0.0; 3]));
        shown.fade_to(
            Timestamp::from_millis(100),
            Duration::from_millis(100),
            ScreenColours::uniform([1.0; 3]),
        );
        shown.fade_to(
            Timestamp::from_millis(150),
            Duration::from_millis(100),
            ScreenColours::uniform([0.0; 3]),
        );
        assert!((shown.at(0.150).top[0] - 0.5).abs() < 1e-6);
        assert!(shown.at(0.251).top[0].abs() < 1e-6);
    }
}
