//! One session explained: a page with the outcome in words, what was shown, how the face answered, and every test
//! against its bounds.
//!
//! The page is one HTML file without scripts and without anything to load. It holds no pixel of a face; its gain map is a
//! measurement of one all the same.

mod challenge;
mod course;
mod environment;
mod gain_map;
mod lag;
mod page;
#[cfg(test)]
mod tests;
mod verdicts;
mod words;

use verilume_liveness::flash::{FlashConfig, FlashCourse, FlashReport};
use verilume_protocol::challenge::ScreenTimeline;

use super::recording::{Replay, Simulation};

/// Everything a page is drawn from; the drawing is a function of these alone.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    /// Outcome, tests and measurements.
    pub report: &'a FlashReport,
    /// What was shown when, seconds on the clock of `course`.
    pub timeline: &'a ScreenTimeline,
    /// How the light went over time; `None` if no frame held a face.
    pub course: Option<&'a FlashCourse>,
    /// What the session was judged by.
    pub config: &'a FlashConfig,
    /// What the device is called.
    pub device_name: &'a str,
    /// Frames of the session, with or without a face.
    pub frame_count: u64,
    /// What was simulated; `None` for a real session.
    pub simulation: Option<&'a Simulation>,
}

impl<'a> Explanation<'a> {
    /// Of a recorded session.
    pub fn of(replay: &'a Replay, config: &'a FlashConfig) -> Self {
        Self {
            report: &replay.report,
            timeline: &replay.record.timeline,
            course: replay.course.as_ref(),
            config,
            device_name: &replay.record.device_name,
            frame_count: replay.frame_count,
            simulation: replay.record.simulation.as_ref(),
        }
    }

    /// The outcome in one sentence.
    pub fn sentence(&self) -> String {
        words::sentence(&self.report.outcome)
    }

    /// The page.
    pub fn html(&self) -> String {
        page::html(self)
    }
}
