//! How far a long command is, on a terminal; nothing where standard error is not one.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over simulated sessions.
pub(crate) fn of_sessions(sessions: u64) -> ProgressBar {
    styled(ProgressBar::new(sessions), "{wide_bar} {pos}/{len} sessions, {eta} left")
}

/// A bar over captures.
pub(crate) fn of_captures(captures: u64) -> ProgressBar {
    styled(ProgressBar::new(captures), "{wide_bar} {pos}/{len} captures, {eta} left")
}

/// A bar over the frames of an input, or a spinner where their number is not known.
pub(crate) fn of_frames(frames: Option<u64>) -> ProgressBar {
    let bar = match frames {
        Some(frames) => {
            styled(ProgressBar::new(frames), "{wide_bar} {pos}/{len} frames, {per_sec}, {eta} left")
        }
        None => styled(ProgressBar::new_spinner(), "{spinner} {pos} frames, {per_sec}"),
    };
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
