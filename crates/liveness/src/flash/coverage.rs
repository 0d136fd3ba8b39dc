//! Test 2: does the *whole* face answer?
//!
//! The glass of a display mirrors the flashing phone in one patch, with the right colours; paper eyes glint. A live
//! face answers nearly everywhere and in every colour. Steps across the changes are used, so that no exposure control
//! can spread an answer over the face.

use super::config::MeasureConfig;
use super::measure::Measurement;
use super::thresholds::FlashThresholds;
use crate::stats::quantile;
use crate::{Signal, Threshold, Verdict};

/// Share of the cells whose gain, mean over channels, stands out of its error.
pub(super) fn coverage(measured: &Measurement, config: &MeasureConfig) -> Option<f64> {
    let gains: Vec<_> = measured.cells.iter().filter_map(|cell| cell.edge_gains.as_ref()).collect();
    let responding = gains.iter().filter(|gains| gains.mean_z() > config.cell_z).count();
    (!gains.is_empty()).then(|| responding as f64 / gains.len() as f64)
}

/// Evidence on the share of the face that answers.
pub(super) fn coverage_signal(coverage: Option<f64>, bounds: &FlashThresholds) -> Signal {
    const NAME: &str = "flash_coverage";
    let Some(share) = coverage else {
        return Signal::unavailable(NAME, "1", "too few frames around the changes of colour");
    };
    let threshold = Threshold {
        supports_at_least: Some(bounds.coverage_supports),
        denies_at_most: Some(bounds.coverage_denies),
    };
    let percent = share * 100.0;
    Signal::measured(NAME, share, "1", threshold, |verdict| match verdict {
        Verdict::Supports => format!("{percent:.0} % of the face answers the colours"),
        Verdict::Denies => {
            format!("only {percent:.0} % of the face answers, as where a display mirrors the screen")
        }
        _ => format!("{percent:.0} % of the face answers: too little to be sure"),
    })
}

/// Lower over upper quartile of the gains over the face, 0..=1: near 1 for a tint, near 0 for a patch that mirrors.
pub(super) fn evenness(measured: &Measurement) -> Option<f64> {
    let mut gains: Vec<f64> = measured.pooled().into_iter().map(|(gain, _)| gain).collect();
    let (lower, upper) = (quantile(&mut gains, 0.25)?, quantile(&mut gains, 0.75)?);
    Some(if lower > 0.0 { lower / upper } else { 0.0 })
}

/// Evidence on how much less the weaker quarter of the face answers than the stronger. It can only support: in bright
/// rooms a live answer is uneven by noise.
pub(super) fn evenness_signal(evenness: Option<f64>, bounds: &FlashThresholds) -> Signal {
    const NAME: &str = "flash_evenness";
    let Some(share) = evenness else {
        return Signal::unavailable(NAME, "1", "too few cells of the face");
    };
    let threshold = Threshold { supports_at_least: Some(bounds.evenness_supports), denies_at_most: None };
    let percent = share * 100.0;
    Signal::measured(NAME, share, "1", threshold, |verdict| match verdict {
        Verdict::Supports => {
            format!("the weaker quarter of the face answers {percent:.0} % as strongly as the stronger")
        }
        _ => format!(
            "the weaker quarter of the face answers {percent:.0} % as strongly as the stronger: a patch that mirrors, or noise"
        ),
    })
}

/// Evidence on the colours that the challenge asks of the median cell: the second best seen of them. It can only support.
///
/// Not the worst seen: in a warm, bright room the red of the screen stays below one code of the camera.
pub(super) fn second_colour_signal(measured: &Measurement, bounds: &FlashThresholds) -> Signal {
    const NAME: &str = "flash_second_colour";
    let asked = (0..3).filter(|channel| measured.asked.both[*channel]);
    let mut seen: Vec<f64> = asked.map(|channel| measured.median.z(channel)).collect();
    seen.sort_by(|a, b| b.total_cmp(a));
    let Some(second) = seen.get(1) else {
        return Signal::unavailable(
            NAME,
            "standard errors",
            "the challenge asks for fewer than two colours of the whole screen",
        );
    };
    let threshold = Threshold { supports_at_least: Some(bounds.second_colour_z), denies_at_most: None };
    Signal::measured(NAME, *second, "standard errors", threshold, |verdict| match verdict {
        Verdict::Supports => "the face answers in more than one colour".to_owned(),
        _ => format!("a second colour is hardly seen on the face ({second:.1} standard errors)"),
    })
}
