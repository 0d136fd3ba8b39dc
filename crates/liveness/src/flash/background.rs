//! Test 4: does the background answer less than the face?
//!
//! A wall a metre behind a face gets a twentieth of its light. The background of a print, and of a display that tints
//! its whole picture, answers like the face. Steps are used: in level mode the background is the camera's gain.

use super::measure::Measurement;
use super::thresholds::FlashThresholds;
use crate::stats::median;
use crate::{Signal, Threshold, Verdict};

/// Name of the signal.
pub(super) const BACKGROUND: &str = "flash_background";

/// The background's gain over the face's, channels weighed by the face's gain. `None` without background or steps,
/// or if the face does not answer.
pub(super) fn background_ratio(measured: &Measurement, min_blocks: usize) -> Option<f64> {
    if measured.block_gains.len() < min_blocks {
        return None;
    }
    let (mut of_background, mut of_face) = (0.0, 0.0);
    for channel in 0..3 {
        let face =
            median(&mut gains(measured.cells.iter().filter_map(|cell| cell.edge_gains.as_ref()), channel))?;
        let background = median(&mut gains(measured.block_gains.iter(), channel))?;
        let weight = face.max(1e-5);
        of_background += background * weight;
        of_face += face * weight;
    }
    (of_face > 0.0).then(|| of_background / of_face)
}

fn gains<'a>(of: impl Iterator<Item = &'a super::gains::Gains>, channel: usize) -> Vec<f64> {
    of.map(|gains| gains.total(channel)).collect()
}

/// The evidence: one less the magnitude of the ratio.
pub(super) fn background_signal(ratio: Option<f64>, bounds: &FlashThresholds) -> Signal {
    let Some(ratio) = ratio else {
        return Signal::unavailable(
            BACKGROUND,
            "1",
            "no background is visible beside the face, or the face does not answer",
        );
    };
    let threshold = Threshold {
        supports_at_least: Some(bounds.background_supports),
        denies_at_most: Some(bounds.background_denies),
    };
    let percent = ratio * 100.0;
    Signal::measured(BACKGROUND, 1.0 - ratio.abs(), "1", threshold, |verdict| match verdict {
        Verdict::Supports => {
            format!("the background answers with {percent:.0} % of the face's strength, as from behind")
        }
        Verdict::Denies => {
            format!("the background answers with {percent:.0} % of the face's strength, as if beside it")
        }
        _ => format!("the background answers with {percent:.0} % of the face's strength"),
    })
}
