//! Traces as logarithms: the cells and blocks that can be used, gap-free, with the camera's own gain taken out.

use verilume_protocol::challenge::ScreenTimeline;

use super::config::MeasureConfig;
use super::shading_model::cells_on_face;
use super::traces::{CELL_COUNT, FlashTraces, GRID_COLUMNS, GRID_ROWS, PatchMean};
use crate::stats::{centred, mean, median};

/// Seconds of lead-in used before the first slot, and of tail after the last one and its lag.
const MARGIN_SECS: f64 = 0.6;
/// Keeps the logarithm of a black patch finite; far below any usable light.
const DARKEST: f64 = 1e-4;

/// One value a frame, for each colour channel.
pub(super) type ColourSeries = [Vec<f64>; 3];

/// A cell of the face that can be used.
pub(super) struct Cell {
    /// Its number in the grid.
    pub(super) index: usize,
    /// Its centre in the grid, -1..=1 rightwards and downwards.
    pub(super) u: f64,
    /// See `u`.
    pub(super) v: f64,
    /// Natural logarithm of its linear light, the camera's gain still in it.
    pub(super) raw: ColourSeries,
    /// The same less the camera's gain; as `raw` in edge mode.
    pub(super) log: ColourSeries,
    /// Mean natural logarithm over frames and channels: how bright the cell is.
    pub(super) level: f64,
}

/// How the camera's exposure and white balance are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GainMode {
    /// The median of the background blocks, which see hardly any of the screen's light, is the camera's gain.
    Level,
    /// Too little background: only steps across the changes of colour are used, which no exposure control can follow.
    Edge,
}

/// The logarithmic traces of the frames around the challenge.
pub(super) struct LogTraces {
    pub(super) secs: Vec<f64>,
    pub(super) cells: Vec<Cell>,
    /// Logarithms of the background blocks, the camera's gain still in them.
    pub(super) blocks: Vec<ColourSeries>,
    pub(super) mode: GainMode,
    /// Cells on the face before those that are clipped or dark were left out.
    pub(super) cells_on_face: usize,
}

impl LogTraces {
    /// From the frames of the challenge and a little before and after it.
    pub(super) fn new(traces: &FlashTraces, timeline: &ScreenTimeline, config: &MeasureConfig) -> Self {
        let from = timeline.change_at(0) - MARGIN_SECS;
        let to = timeline.change_at(timeline.slots().len()) + MARGIN_SECS;
        let frames: Vec<_> = traces
            .frames
            .iter()
            .filter(|frame| (from..=to).contains(&frame.captured_at().as_secs()))
            .collect();
        let series = |patch: &dyn Fn(usize) -> PatchMean| log_series(frames.len(), patch, config);
        let blocks: Vec<ColourSeries> = (0..traces.block_count())
            .filter_map(|block| series(&|frame| frames[frame].blocks[block]))
            .collect();
        let on_face = cells_on_face(&traces.face, config.min_cell_on_face);
        let cells = (0..CELL_COUNT).filter(|index| on_face[*index]).filter_map(|index| {
            let raw = series(&|frame| frames[frame].cells[index])?;
            let level = mean(&raw.each_ref().map(|channel| mean(channel)));
            let (column, row) = (index % GRID_COLUMNS, index / GRID_COLUMNS);
            let u = (column as f64 + 0.5) / GRID_COLUMNS as f64 * 2.0 - 1.0;
            let v = (row as f64 + 0.5) / GRID_ROWS as f64 * 2.0 - 1.0;
            Some(Cell { index, u, v, log: raw.clone(), raw, level })
        });
        let mut cells: Vec<Cell> = cells.collect();
        let mode = if blocks.len() < config.min_blocks { GainMode::Edge } else { GainMode::Level };
        if mode == GainMode::Level {
            let gain = median_of(blocks.iter().map(|block| block.each_ref().map(|channel| centred(channel))));
            for cell in &mut cells {
                for (channel, gain) in cell.log.iter_mut().zip(&gain) {
                    channel.iter_mut().zip(gain).for_each(|(value, gain)| *value -= gain);
                }
            }
        }
        let secs = frames.iter().map(|frame| frame.captured_at().as_secs()).collect();
        Self { secs, cells, blocks, mode, cells_on_face: on_face.iter().filter(|on| **on).count() }
    }

    /// The median over the cells, each less its own mean: a mirrored lamp or phone cannot carry it.
    pub(super) fn median_cell(&self) -> ColourSeries {
        median_of(self.cells.iter().map(|cell| cell.log.each_ref().map(|channel| centred(channel))))
    }

    /// The median over the background blocks, each less its own mean; `None` without blocks.
    pub(super) fn median_block(&self) -> Option<ColourSeries> {
        let centred_blocks = self.blocks.iter().map(|block| block.each_ref().map(|channel| centred(channel)));
        (!self.blocks.is_empty()).then(|| median_of(centred_blocks))
    }

    /// The median over the cells of which `choose` is true, each less its own mean.
    pub(super) fn median_of_cells(&self, choose: impl Fn(&Cell) -> bool) -> ColourSeries {
        let chosen = self.cells.iter().filter(|cell| choose(cell));
        median_of(chosen.map(|cell| cell.log.each_ref().map(|channel| centred(channel))))
    }
}

/// The median over several series, moment by moment; empty for none.
fn median_of(series: impl Iterator<Item = ColourSeries>) -> ColourSeries {
    let series: Vec<ColourSeries> = series.collect();
    let frames = series.first().map_or(0, |one| one[0].len());
    let mut at_moment = Vec::with_capacity(series.len());
    std::array::from_fn(|channel| {
        let medians = (0..frames).map(|frame| {
            at_moment.clear();
            at_moment.extend(series.iter().map(|one| one[channel][frame]));
            median(&mut at_moment).unwrap_or(0.0)
        });
        medians.collect()
    })
}

/// The logarithms of a patch over the frames; `None` if it is clipped, dark or missing too often.
fn log_series(
    frames: usize,
    patch: &dyn Fn(usize) -> PatchMean,
    config: &MeasureConfig,
) -> Option<ColourSeries> {
    let mut series: ColourSeries = std::array::from_fn(|_| vec![f64::NAN; frames]);
    let (mut valid, mut usable_sum) = (0usize, 0.0);
    for frame in 0..frames {
        let PatchMean { rgb, usable } = patch(frame);
        let usable = if usable.is_finite() { f64::from(usable).clamp(0.0, 1.0) } else { 0.0 };
        usable_sum += usable;
        let finite = rgb.iter().all(|light| light.is_finite() && (0.0..=1.0).contains(light));
        if finite && usable >= config.min_usable_share / 2.0 {
            valid += 1;
            for (channel, light) in series.iter_mut().zip(rgb) {
                channel[frame] = (f64::from(light) + DARKEST).ln();
            }
        }
    }
    let enough = valid as f64 >= config.min_valid_frames * frames as f64
        && usable_sum >= config.min_usable_share * frames as f64
        && valid > 1;
    enough.then(|| {
        series.iter_mut().for_each(|channel| fill_gaps(channel));
        series
    })
}

/// Replaces missing values by the straight line between their neighbours, or the nearest at the ends.
fn fill_gaps(values: &mut [f64]) {
    let known: Vec<usize> = (0..values.len()).filter(|at| !values[*at].is_nan()).collect();
    for at in 0..values.len() {
        if !values[at].is_nan() {
            continue;
        }
        let next = known.partition_point(|k| *k < at);
        let (before, after) = (next.checked_sub(1).map(|k| known[k]), known.get(next).copied());
        values[at] = match (before, after) {
            (Some(a), Some(b)) => values[a] + (values[b] - values[a]) * ((at - a) as f64 / (b - a) as f64),
            (Some(one), None) | (None, Some(one)) => values[one],
            (None, None) => 0.0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_bridged() {
        let mut values = [f64::NAN, 1.0, f64::NAN, f64::NAN, 4.0, f64::NAN];
        fill_gaps(&mut values);
        assert_eq!(values, [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn a_patch_that_is_mostly_clipped_is_left_out() {
        let config = MeasureConfig::default();
        let patch = |usable: f32| PatchMean { rgb: [0.2; 3], usable };
        assert!(log_series(20, &|_| patch(1.0), &config).is_some());
        assert!(log_series(20, &|_| patch(0.4), &config).is_none());
        assert!(log_series(20, &|frame| patch(if frame < 5 { 0.0 } else { 1.0 }), &config).is_none());
        assert!(log_series(20, &|_| PatchMean { rgb: [f32::NAN; 3], usable: 1.0 }, &config).is_none());
        assert!(log_series(0, &|_| patch(1.0), &config).is_none());
    }
}
