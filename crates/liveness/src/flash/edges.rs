//! Steps of a series across the changes of colour: exposure and white balance take 0.3 to 4 s to follow, a step less
//! than 0.2 s, so the camera's own gain does not enter.

use verilume_protocol::challenge::ScreenTimeline;

use super::config::MeasureConfig;
use super::series::ColourSeries;
use crate::stats::mean;

/// The fewest steps to judge by.
const MIN_STEPS: usize = 8;

/// Which frames are just before and just after each change.
pub(super) struct Edges {
    /// Number of the change (0 is lead-in to slot 0), frames before, frames after.
    windows: Vec<(usize, Vec<usize>, Vec<usize>)>,
}

impl Edges {
    /// `None` if too few changes have a frame on each side. At the 30 frames/s of the evaluation each side has four; of
    /// the 15 that devices send, one that was busy leaves a single one.
    pub(super) fn new(
        timeline: &ScreenTimeline,
        secs: &[f64],
        lag: f64,
        config: &MeasureConfig,
    ) -> Option<Self> {
        let within = |from: f64, to: f64| -> Vec<usize> {
            (0..secs.len()).filter(|frame| secs[*frame] > from && secs[*frame] < to).collect()
        };
        let windows = timeline.changes_at().iter().enumerate().map(|(number, change)| {
            let seen = change + lag;
            let before = within(seen - config.edge_before_from_secs, seen - config.edge_before_to_secs);
            let after = within(seen + config.edge_after_from_secs, seen + config.edge_after_to_secs);
            (number, before, after)
        });
        let windows: Vec<_> =
            windows.filter(|(_, before, after)| !before.is_empty() && !after.is_empty()).collect();
        (windows.len() >= MIN_STEPS).then_some(Self { windows })
    }

    /// The steps of one series.
    pub(super) fn steps(&self, series: &[f64]) -> Vec<f64> {
        let over = |frames: &[usize]| mean(&frames.iter().map(|frame| series[*frame]).collect::<Vec<_>>());
        self.windows.iter().map(|(_, before, after)| over(after) - over(before)).collect()
    }

    /// The steps of the three channels.
    pub(super) fn colour_steps(&self, series: &ColourSeries) -> ColourSeries {
        series.each_ref().map(|channel| self.steps(channel))
    }

    /// The steps by number of change; 0 where a change had too few frames.
    pub(super) fn steps_by_change(&self, series: &[f64], changes: usize) -> Vec<f64> {
        let mut all = vec![0.0; changes];
        for ((number, ..), step) in self.windows.iter().zip(self.steps(series)) {
            all[*number] = step;
        }
        all
    }
}
