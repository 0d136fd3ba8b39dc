//! The response of each slot, found without looking at the codes.
//!
//! The exact test needs responses that do not depend on the challenge when the video does not. So nothing here reads
//! a code: a series is fitted by one free level for each steady colour of the screen (lead-in, slots, tail), cross-
//! faded as the screen was, and the lag is the one at which that fit leaves least. Only the times of the slots enter.

use verilume_protocol::challenge::ScreenTimeline;

use super::config::MeasureConfig;
use super::edges::Edges;
use super::gains::{LagSearch, drift_columns};
use super::lsq::Design;
use super::series::{ColourSeries, GainMode, LogTraces};

/// The levels of the slots.
pub(super) struct BlindResponse {
    /// The lag behind the screen at which slots explain the face best, seconds.
    pub(super) lag_secs: f64,
    /// Level of each slot of the median cell, for each channel.
    pub(super) face: ColourSeries,
    /// Level of each slot of the upper less the lower face, for each channel.
    pub(super) difference: ColourSeries,
    /// Standard error of a level of `face`, for each channel.
    pub(super) face_error: [f64; 3],
    /// F-like ratio: variance between slots over the squared standard error of a slot, mean over channels.
    pub(super) slot_energy: f64,
}

impl BlindResponse {
    /// `None` if there are too few frames for the slots.
    pub(super) fn new(timeline: &ScreenTimeline, traces: &LogTraces, config: &MeasureConfig) -> Option<Self> {
        let detrend = Design::new(&drift_columns(&traces.secs))?;
        let face = detrended(&detrend, &traces.secs, &traces.median_cell())?;
        let upper = traces.median_of_cells(|cell| cell.v < -0.25);
        let lower = traces.median_of_cells(|cell| cell.v > 0.25);
        let difference: ColourSeries = std::array::from_fn(|channel| {
            upper[channel]
                .iter()
                .zip(&lower[channel])
                .map(|(upper, lower)| upper - lower)
                .collect()
        });
        let difference = detrended(&detrend, &traces.secs, &difference).unwrap_or_default();
        let search = LagSearch::over(config, |lag| unexplained(timeline, traces, lag, config, &face))?;
        let design = slot_design(timeline, &traces.secs, search.lag_secs, config)?;
        let (face_levels, face_error) = slot_levels(&design, &face)?;
        let mut difference_levels = slot_levels(&design, &difference).map_or_else(
            || face_levels.each_ref().map(|levels| vec![0.0; levels.len()]),
            |(levels, _)| levels,
        );
        let slot_energy = energy(&face_levels, &face_error);
        let mut face_levels = face_levels;
        if traces.mode == GainMode::Edge {
            // Levels drift with the exposure here; steps do not. A code's score over steps is the sum over its slots
            // of the step into the slot less the step out of it, so this difference takes the level's place.
            let edges = Edges::new(timeline, &traces.secs, search.lag_secs, config)?;
            face_levels = step_levels(&edges, timeline, &face);
            difference_levels = step_levels(&edges, timeline, &difference);
        }
        Some(Self {
            lag_secs: search.lag_secs,
            face: face_levels,
            difference: difference_levels,
            face_error,
            slot_energy,
        })
    }
}

/// The series less its parabola over time; `None` if it has another length.
fn detrended(design: &Design, secs: &[f64], series: &ColourSeries) -> Option<ColourSeries> {
    let [constant, line, parabola] = drift_columns(secs);
    let mut rest: ColourSeries = Default::default();
    for (rest, series) in rest.iter_mut().zip(series) {
        let q = design.fit(series)?.coefficients;
        let drift = constant
            .iter()
            .zip(&line)
            .zip(&parabola)
            .map(|((c, l), p)| q[0] * c + q[1] * l + q[2] * p);
        *rest = series
            .iter()
            .zip(drift)
            .map(|(value, drift)| value - drift)
            .collect();
    }
    Some(rest)
}

fn slot_design(timeline: &ScreenTimeline, secs: &[f64], lag: f64, config: &MeasureConfig) -> Option<Design> {
    let mut columns = vec![Vec::with_capacity(secs.len()); timeline.slots().len() + 2];
    for time in secs {
        let shares = timeline.mean_shares(time - lag - config.exposure_secs, time - lag);
        columns
            .iter_mut()
            .zip(shares)
            .for_each(|(column, share)| column.push(share));
    }
    Design::new(&columns)
}

fn unexplained(
    timeline: &ScreenTimeline,
    traces: &LogTraces,
    lag: f64,
    config: &MeasureConfig,
    series: &ColourSeries,
) -> Option<f64> {
    let design = slot_design(timeline, &traces.secs, lag, config)?;
    let mut sum = 0.0;
    for series in series {
        let total: f64 = series.iter().map(|value| value * value).sum();
        sum += if total > 0.0 {
            design.fit(series)?.sse / total
        } else {
            1.0
        };
    }
    Some(sum)
}

/// Levels of the slots (without lead-in and tail), less their mean, and the error of one.
fn slot_levels(design: &Design, series: &ColourSeries) -> Option<(ColourSeries, [f64; 3])> {
    let (mut levels, mut errors) = (ColourSeries::default(), [0.0; 3]);
    for channel in 0..3 {
        let fit = design.fit(&series[channel])?;
        let slots = fit.coefficients.len() - 2;
        let variance: f64 = (1..=slots)
            .map(|slot| design.contrast_variance(&[(slot, 1.0)]))
            .sum();
        errors[channel] = (fit.inflated_variance * variance / slots as f64).sqrt();
        levels[channel] = super::stats::centred(&fit.coefficients[1..=slots]);
    }
    Some((levels, errors))
}

fn step_levels(edges: &Edges, timeline: &ScreenTimeline, series: &ColourSeries) -> ColourSeries {
    let changes = timeline.changes_at().len();
    series.each_ref().map(|channel| {
        let steps = edges.steps_by_change(channel, changes);
        super::stats::centred(&steps.windows(2).map(|pair| pair[0] - pair[1]).collect::<Vec<_>>())
    })
}

fn energy(levels: &ColourSeries, errors: &[f64; 3]) -> f64 {
    let ratio = |(levels, error): (&Vec<f64>, &f64)| {
        let variance = levels.iter().map(|level| level * level).sum::<f64>() / levels.len().max(1) as f64;
        if *error > 0.0 {
            variance / (error * error)
        } else {
            0.0
        }
    };
    levels.iter().zip(errors).map(ratio).sum::<f64>() / 3.0
}
