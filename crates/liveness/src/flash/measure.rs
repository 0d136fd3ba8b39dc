//! Everything the tests need, measured once.

use verilume_protocol::challenge::ScreenTimeline;

use super::blind::BlindResponse;
use super::config::MeasureConfig;
use super::device::DeviceGeometry;
use super::edges::Edges;
use super::gains::{Asked, Drives, GainDesign, Gains, LagSearch};
use super::reaction::camera_reaction;
use super::series::{Cell, ColourSeries, GainMode, LogTraces};
use super::shading_model::ShadingModel;
use super::traces::FlashTraces;
use crate::stats::mean;

/// One of the two ways to turn a series of levels into gains.
type LevelGains = fn(&GainDesign, &ColourSeries) -> Option<Gains>;

/// Why a capture cannot be measured at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmeasurable {
    /// Some slot has too few frames.
    TooFewFrames,
    /// The mesh is unusable, or too few cells of the face are.
    TooLittleFace,
    /// The face is there but clipped or black in most cells.
    FaceClippedOrDark,
}

/// A cell of the face with its gains.
pub(super) struct CellGains {
    pub(super) index: usize,
    pub(super) u: f64,
    pub(super) v: f64,
    /// Mean log light of the cell, channels averaged.
    pub(super) level: f64,
    pub(super) gains: Gains,
    /// Gains from steps across the changes, when there were enough steps.
    pub(super) edge_gains: Option<Gains>,
}

/// The measurements of one capture.
pub(super) struct Measurement {
    pub(super) mode: GainMode,
    pub(super) frames: usize,
    pub(super) lag: LagSearch,
    pub(super) blind: BlindResponse,
    pub(super) cells: Vec<CellGains>,
    /// Gains of the median cell.
    pub(super) median: Gains,
    pub(super) asked: Asked,
    /// Edge-mode gains of the background blocks.
    pub(super) block_gains: Vec<Gains>,
    pub(super) shading: ShadingModel,
    /// See [`camera_reaction`].
    pub(super) camera_reaction: Option<f64>,
}

impl Measurement {
    pub(super) fn new(
        traces: &FlashTraces,
        timeline: &ScreenTimeline,
        device: &DeviceGeometry,
        config: &MeasureConfig,
    ) -> Result<Self, Unmeasurable> {
        let log = LogTraces::new(traces, timeline, config);
        check_frames(&log.secs, timeline, config)?;
        if log.cells.len() < config.min_cells {
            let clipped = log.cells_on_face >= config.min_cells;
            return Err(if clipped { Unmeasurable::FaceClippedOrDark } else { Unmeasurable::TooLittleFace });
        }
        let shading = ShadingModel::new(&traces.face, device, config).ok_or(Unmeasurable::TooLittleFace)?;
        let face = log.median_cell();
        let drives_at = |lag: f64| Drives::at_frames(timeline, &log.secs, lag, config);
        let level_design = |drives: &Drives| GainDesign::level(&log.secs, drives);
        let lag = LagSearch::over(config, |lag| level_design(&drives_at(lag))?.unexplained(&face))
            .ok_or(Unmeasurable::TooFewFrames)?;
        let blind = BlindResponse::new(timeline, &log, config).ok_or(Unmeasurable::TooFewFrames)?;
        let drives = drives_at(lag.lag_secs);
        let level = level_design(&drives).ok_or(Unmeasurable::TooFewFrames)?;
        let edges = EdgeGains::new(&drives, Edges::new(timeline, &log.secs, lag.lag_secs, config));
        let edge_gains = |series: &ColourSeries| edges.as_ref()?.gains(series);
        let gains_of = |series: &ColourSeries, by_level: LevelGains| match log.mode {
            GainMode::Level => by_level(&level, series),
            GainMode::Edge => edge_gains(series),
        };
        let cell_gains = |cell: &Cell| {
            let gains = gains_of(&cell.log, GainDesign::gains)?;
            let edge_gains = edge_gains(&cell.raw);
            Some(CellGains { index: cell.index, u: cell.u, v: cell.v, level: cell.level, gains, edge_gains })
        };
        let cells: Vec<CellGains> = log.cells.iter().filter_map(cell_gains).collect();
        let median = gains_of(&face, GainDesign::sharp_gains).ok_or(Unmeasurable::TooFewFrames)?;
        let block_gains = log.blocks.iter().filter_map(edge_gains).collect();
        if cells.len() < config.min_cells {
            return Err(Unmeasurable::TooFewFrames);
        }
        Ok(Self {
            mode: log.mode,
            frames: log.secs.len(),
            lag,
            blind,
            cells,
            median,
            asked: drives.asked(),
            block_gains,
            shading,
            camera_reaction: camera_reaction(&log, &drives),
        })
    }

    /// The fractional gain of each cell, pooled over the channels by precision, and its error: albedo, skin tone and
    /// the colour of the ambient light drop out, and the mean is about one.
    pub(super) fn pooled(&self) -> Vec<(f64, f64)> {
        self.pooled_over(self.asked.both, Gains::total_and_error)
    }

    /// As [`Self::pooled`], of one channel alone.
    pub(super) fn of_channel(&self, channel: usize) -> Vec<(f64, f64)> {
        let alone = std::array::from_fn(|other| other == channel);
        self.pooled_over(alone, Gains::total_and_error)
    }

    /// As [`Self::pooled`], of any linear part of the gains of some channels.
    pub(super) fn pooled_over(
        &self,
        channels: [bool; 3],
        part: impl Fn(&Gains, usize) -> (f64, f64),
    ) -> Vec<(f64, f64)> {
        let scale: [f64; 3] = std::array::from_fn(|channel| self.median.total(channel).abs() + 1e-6);
        let pool = |cell: &CellGains| {
            let (mut sum, mut weights) = (0.0, 0.0);
            for (channel, scale) in scale.iter().enumerate().filter(|(channel, _)| channels[*channel]) {
                let (gain, error) = part(&cell.gains, channel);
                let weight = scale * scale / (error * error + 1e-12);
                sum += weight * gain / scale;
                weights += weight;
            }
            if weights > 0.0 { (sum / weights, weights.sqrt().recip()) } else { (0.0, 1.0) }
        };
        self.cells.iter().map(pool).collect()
    }

    /// Contrast of the screen on the face: change of its light from black to white over the light at mid-grey, mean
    /// over the channels. From this follows how bright the room is.
    pub(super) fn contrast(&self) -> f64 {
        mean(&[0, 1, 2].map(|channel| self.median.total(channel)))
    }
}

/// Gains from steps across the changes of colour.
struct EdgeGains {
    edges: Edges,
    design: GainDesign,
}

impl EdgeGains {
    /// `None` without steps to measure by.
    fn new(drives: &Drives, edges: Option<Edges>) -> Option<Self> {
        let edges = edges?;
        let design = GainDesign::steps(&drives.mapped(|channel| edges.steps(channel)))?;
        Some(Self { edges, design })
    }

    fn gains(&self, series: &ColourSeries) -> Option<Gains> {
        self.design.sharp_gains(&self.edges.colour_steps(series))
    }
}

fn check_frames(secs: &[f64], timeline: &ScreenTimeline, config: &MeasureConfig) -> Result<(), Unmeasurable> {
    let enough = timeline.changes_at().windows(2).all(|slot| {
        let inside = secs.iter().filter(|time| (slot[0]..slot[1]).contains(*time)).count();
        inside >= config.min_frames_per_slot
    });
    if enough { Ok(()) } else { Err(Unmeasurable::TooFewFrames) }
}
