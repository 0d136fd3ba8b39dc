//! The second geometry cue, for dim rooms: which half of the screen lights which part of the face.
//!
//! In the ratio of the two halves' gains ambient light, albedo and the camera's gain cancel. The upper half lights the
//! forehead more, the lower half the underside of nose and chin. Above some 200 lx the ratio is noise.

use super::config::MeasureConfig;
use super::measure::{CellGains, Measurement};
use super::shading::{ShadingFit, nested_fit, sheet_columns};
use super::thresholds::FlashThresholds;
use crate::{Signal, Threshold, Verdict};

/// The least fractional gain the ratio divides by.
const MIN_GAIN: f64 = 0.15;

/// How the relative difference of the halves over the face fits this head's.
pub(super) fn top_bottom_fit(measured: &Measurement, config: &MeasureConfig) -> Option<ShadingFit> {
    let total = measured.pooled();
    let difference = measured.pooled_over(measured.asked.apart, |gains, channel| {
        let error = gains.half_error[channel];
        (gains.half[channel][0] - gains.half[channel][1], error[0].hypot(error[1]))
    });
    let ratio: Vec<(f64, f64)> = difference
        .iter()
        .zip(&total)
        .map(|((difference, error), (gain, _))| (difference / gain.max(MIN_GAIN), error / gain.max(MIN_GAIN)))
        .collect();
    nested_fit(&sheet_columns(measured), &share_template(measured), &ratio, config.shading_error_floor)
}

/// How much more of each cell's predicted light comes from the upper half than from the lower, over both, -1..=1.
pub(super) fn share_template(measured: &Measurement) -> Vec<f64> {
    let model = &measured.shading;
    let share = |cell: &CellGains| {
        let (top, bottom) = (model.top_lux[cell.index], model.bottom_lux[cell.index]);
        if top + bottom > 0.0 { (top - bottom) / (top + bottom) } else { 0.0 }
    };
    measured.cells.iter().map(share).collect()
}

/// The evidence; unavailable where the response is too weak for a ratio.
pub(super) fn top_bottom_signal(fit: Option<ShadingFit>, mean_z: f64, bounds: &FlashThresholds) -> Signal {
    const NAME: &str = "flash_top_bottom";
    let unit = "signed root F";
    if mean_z < bounds.top_bottom_min_z {
        return Signal::unavailable(
            NAME,
            unit,
            "the room is too bright to tell the two halves of the screen apart",
        );
    }
    let Some(fit) = fit else {
        return Signal::unavailable(NAME, unit, "the pattern of the halves could not be fitted");
    };
    let threshold = Threshold {
        supports_at_least: Some(bounds.top_bottom_supports),
        denies_at_most: Some(bounds.top_bottom_denies),
    };
    Signal::measured(NAME, fit.signed_root_f, unit, threshold, |verdict| match verdict {
        Verdict::Supports => "each half of the screen lights the part of the head it should".to_owned(),
        Verdict::Denies => "the halves of the screen light the wrong parts of the face".to_owned(),
        _ => "the halves of the screen light the face much alike".to_owned(),
    })
}
