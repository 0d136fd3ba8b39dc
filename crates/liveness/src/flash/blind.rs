//! The response of each slot, found without looking at the codes.
//!
//! The exact test needs responses that do not depend on the challenge when the video does not. So nothing here reads
//! a code: a series is fitted by one free level for each steady colour of the screen (lead-in, slots, tail), cross-
//! faded as the screen was, and the lag is the one at which that fit leaves least. Only the times of the slots enter.

use verilume_protocol::challenge::ScreenTimeline;

use super::config::MeasureConfig;
use super::edges::Edges;
use super::gains::{LagSearch, drift_columns};
use super::lsq::{Design, Fit};
use super::series::{GainMode, LogTraces};
use crate::stats::{centred, power};

/// Series of a response: the median cell by channel, then the upper less the lower face by channel.
pub(super) const SERIES: usize = 6;

/// The least error of a slot's level, natural logarithm of light: no camera is finer, and constant traces would
/// otherwise have no error at all.
const LEAST_ERROR: f64 = 1e-5;

/// The levels of the slots.
pub(super) struct BlindResponse {
    /// The lag behind the screen at which slots explain the face best, seconds.
    pub(super) lag_secs: f64,
    /// Level of each slot, less the mean over slots, by series.
    pub(super) levels: [Vec<f64>; SERIES],
    /// Covariance of the errors of one slot's levels. Motion changes all channels alike, the codes do not.
    pub(super) covariance: [[f64; SERIES]; SERIES],
    /// Variance of the face's levels between slots over their squared error, mean over channels.
    pub(super) slot_energy: f64,
}

impl BlindResponse {
    /// `None` if there are too few frames for the slots.
    pub(super) fn new(timeline: &ScreenTimeline, traces: &LogTraces, config: &MeasureConfig) -> Option<Self> {
        let detrend = Design::new(&drift_columns(&traces.secs))?;
        let mut series: [Vec<f64>; SERIES] = Default::default();
        for (series, raw) in series.iter_mut().zip(raw_series(traces)) {
            *series = detrend.fit(&raw)?.residuals;
        }
        let face = &series[..3];
        let search = LagSearch::over(config, |lag| unexplained(timeline, &traces.secs, lag, config, face))?;
        let design = slot_design(timeline, &traces.secs, search.lag_secs, config)?;
        let fits: Vec<Fit> = series.iter().map(|series| design.fit(series)).collect::<Option<_>>()?;
        let covariance = level_covariance(&design, &fits);
        let slots = timeline.slots().len();
        let mut levels: [Vec<f64>; SERIES] =
            std::array::from_fn(|at| centred(fits[at].coefficients.get(1..=slots).unwrap_or_default()));
        let slot_energy = (0..3).map(|at| ratio(power(&levels[at]), covariance[at][at])).sum::<f64>() / 3.0;
        if traces.mode == GainMode::Edge {
            // Levels drift with the exposure here; steps do not. A code's score over steps is the sum over its slots
            // of the step into the slot less the step out of it, so this difference takes the level's place.
            let edges = Edges::new(timeline, &traces.secs, search.lag_secs, config)?;
            levels = series.each_ref().map(|series| step_levels(&edges, timeline, series));
        }
        Some(Self { lag_secs: search.lag_secs, levels, covariance, slot_energy })
    }
}

/// The median cell by channel, then the upper less the lower face by channel (zero where either has no cells).
fn raw_series(traces: &LogTraces) -> [Vec<f64>; SERIES] {
    let [red, green, blue] = traces.median_cell();
    let upper = traces.median_of_cells(|cell| cell.v < -0.25);
    let lower = traces.median_of_cells(|cell| cell.v > 0.25);
    let difference = |channel: usize| -> Vec<f64> {
        if upper[channel].len() != lower[channel].len() {
            return vec![0.0; traces.secs.len()];
        }
        upper[channel].iter().zip(&lower[channel]).map(|(upper, lower)| upper - lower).collect()
    };
    [red, green, blue, difference(0), difference(1), difference(2)]
}

/// Covariance of the errors of one slot's levels: that of the residuals, carried through the fit, with each series'
/// allowance for autocorrelation.
fn level_covariance(design: &Design, fits: &[Fit]) -> [[f64; SERIES]; SERIES] {
    let freedom = design.degrees_of_freedom() as f64;
    let slots = design.column_count().saturating_sub(2).max(1);
    let of_slot =
        (1..=slots).map(|slot| design.contrast_variance(&[(slot, 1.0)])).sum::<f64>() / slots as f64;
    let inflation = |fit: &Fit| ratio(fit.inflated_variance * freedom, fit.sse).max(1.0).sqrt();
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let shared: f64 = fits[i].residuals.iter().zip(&fits[j].residuals).map(|(a, b)| a * b).sum();
            let floor = if i == j { LEAST_ERROR * LEAST_ERROR } else { 0.0 };
            floor + shared / freedom * inflation(&fits[i]) * inflation(&fits[j]) * of_slot
        })
    })
}

fn slot_design(timeline: &ScreenTimeline, secs: &[f64], lag: f64, config: &MeasureConfig) -> Option<Design> {
    let mut columns = vec![Vec::with_capacity(secs.len()); timeline.slots().len() + 2];
    for time in secs {
        let shares = timeline.mean_shares(time - lag - config.exposure_secs, time - lag);
        columns.iter_mut().zip(shares).for_each(|(column, share)| column.push(share));
    }
    Design::new(&columns)
}

fn unexplained(
    timeline: &ScreenTimeline,
    secs: &[f64],
    lag: f64,
    config: &MeasureConfig,
    series: &[Vec<f64>],
) -> Option<f64> {
    let design = slot_design(timeline, secs, lag, config)?;
    let mut sum = 0.0;
    for series in series {
        let total: f64 = series.iter().map(|value| value * value).sum();
        sum += if total > 0.0 { design.fit(series)?.sse / total } else { 1.0 };
    }
    Some(sum)
}

fn step_levels(edges: &Edges, timeline: &ScreenTimeline, series: &[f64]) -> Vec<f64> {
    let steps = edges.steps_by_change(series, timeline.changes_at().len());
    centred(&steps.windows(2).map(|pair| pair[0] - pair[1]).collect::<Vec<_>>())
}

fn ratio(over: f64, under: f64) -> f64 {
    if under > 0.0 { over / under } else { 0.0 }
}
