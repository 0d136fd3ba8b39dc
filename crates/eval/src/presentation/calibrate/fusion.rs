//! From signals to what each of them is worth.

use std::collections::{BTreeMap, BTreeSet};

use verilume_liveness::fusion::{Calibration, CueWorth, Scale};

use super::super::{Label, ScoreRow};
use super::logistic::Model;

/// A signal is fitted if it was measured in at least so many captures of each class. Origin: the mean of ten values is
/// within a third of their spread.
const LEAST_VALUES: usize = 10;

/// What signals are worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fusion {
    pub(super) offset: f64,
    /// Only those that are worth something.
    pub(super) cues: BTreeMap<String, CueWorth>,
}

/// One signal over the rows it is fitted to.
struct Column {
    name: String,
    scale: Scale,
    centre: f64,
    spread: f64,
    /// The least and the largest place that was seen.
    seen: (f64, f64),
}

impl Fusion {
    /// Fits to rows of both classes; `None` if no signal was measured often enough.
    ///
    /// A value that is missing counts as the centre, which says nothing. No cue is worth more than the logarithm of the
    /// smaller class's size, nor more than at the most extreme value that was seen: it does not extrapolate.
    pub(super) fn fit(rows: &[&ScoreRow]) -> Option<Self> {
        let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.signals.keys()).collect();
        let columns: Vec<Column> = names.into_iter().filter_map(|name| Column::of(name, rows)).collect();
        if columns.is_empty() {
            return None;
        }
        let values: Vec<Vec<f64>> =
            rows.iter().map(|row| columns.iter().map(|column| column.standard(row)).collect()).collect();
        let is_live: Vec<bool> = rows.iter().map(|row| row.truth.label == Label::Live).collect();
        let model = Model::fit(&values, &is_live);
        let live = is_live.iter().filter(|live| **live).count();
        let limit = (live.min(rows.len() - live) as f64 + 1.0).ln();
        let worth = columns.iter().zip(&model.slopes).filter(|(_, slope)| **slope > 0.0);
        let cues = worth.map(|(column, slope)| (column.name.clone(), column.worth(*slope, limit))).collect();
        Some(Self { offset: model.intercept, cues })
    }

    /// The log-likelihood ratio of a capture, as the fusion computes it; `None` if none of its signals says anything.
    pub(super) fn llr(&self, row: &ScoreRow) -> Option<f64> {
        let worth = |(name, value): (&String, &f64)| Some(self.cues.get(name)?.llr(*value));
        let llrs: Vec<f64> = row.signals.iter().filter_map(worth).collect();
        (!llrs.is_empty()).then(|| self.offset + llrs.iter().sum::<f64>())
    }
}

impl Column {
    fn of(name: &str, rows: &[&ScoreRow]) -> Option<Self> {
        let scale = Calibration::default().cues.get(name).map(|worth| worth.scale).unwrap_or_default();
        let of_class = |label: Label| -> Vec<f64> {
            let those = rows.iter().filter(|row| row.truth.label == label);
            those.filter_map(|row| row.signals.get(name)).map(|value| scale.of(*value)).collect()
        };
        let (live, attacks) = (of_class(Label::Live), of_class(Label::Spoof));
        if live.len() < LEAST_VALUES || attacks.len() < LEAST_VALUES {
            return None;
        }
        let centre = (mean(&live) + mean(&attacks)) / 2.0;
        let all = || live.iter().chain(&attacks).copied();
        let variance = |values: &[f64]| {
            let middle = mean(values);
            values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / values.len() as f64
        };
        // A value that never varies within a class: the distance of the classes is all there is.
        let within = ((variance(&live) + variance(&attacks)) / 2.0).sqrt();
        let spread = within.max((mean(&live) - mean(&attacks)).abs() / 2.0 * 1e-3);
        let seen = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        (spread > 0.0).then(|| Self { name: name.to_owned(), scale, centre, spread, seen })
    }

    /// A row's value in spreads from the centre.
    fn standard(&self, row: &ScoreRow) -> f64 {
        row.signals.get(&self.name).map_or(0.0, |value| (self.scale.of(*value) - self.centre) / self.spread)
    }

    fn worth(&self, slope: f64, limit: f64) -> CueWorth {
        let slope = slope / self.spread;
        CueWorth {
            scale: self.scale,
            centre: self.centre,
            slope,
            most: (slope * (self.seen.1 - self.centre)).clamp(0.0, limit),
            least: (slope * (self.centre - self.seen.0)).clamp(0.0, limit),
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
