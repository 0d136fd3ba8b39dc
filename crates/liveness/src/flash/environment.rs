//! When the room or the screen leaves nothing to decide by: how bright it seems, and what helps.

use serde::Serialize;

use super::measure::Measurement;
use crate::stats::median;

/// What a person can do for a stronger answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EnvironmentAction {
    /// Go where it is darker, away from windows and lamps.
    DimTheRoom,
    /// Turn the screen's brightness up.
    RaiseScreenBrightness,
    /// Hold the screen nearer to the face.
    MoveCloser,
}

/// The light as far as it can be told from the capture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnvironmentEstimate {
    /// Estimated ambient light on the face, lux. With `ambient_is_at_least` a lower bound: the screen was not seen.
    pub ambient_lux: Option<f64>,
    /// Whether `ambient_lux` is only a lower bound.
    pub ambient_is_at_least: bool,
    /// Light of the white screen on the face, lux, by the device's brightness and the estimated distance.
    pub screen_lux: f64,
    /// Estimated distance from camera to eyes, mm.
    pub distance_mm: f64,
    /// What helps, the most useful first.
    pub actions: Vec<EnvironmentAction>,
}

/// The distance from which coming closer is worth asking for, mm.
const FAR_MM: f64 = 350.0;

impl EnvironmentEstimate {
    /// `amplitude` is the linear light of a lit less that of an unlit channel.
    pub(super) fn new(measured: &Measurement, amplitude: f64) -> Self {
        let mut lux: Vec<f64> =
            measured.cells.iter().map(|cell| measured.shading.total_lux(cell.index)).collect();
        let screen_lux = median(&mut lux).unwrap_or(0.0);
        let gain = measured.contrast();
        let error = measured.median.total_error.iter().map(|error| error * error).sum::<f64>().sqrt() / 3.0;
        let seen = gain > 2.0 * error;
        // Light at mid-grey is ambient + half the screen's: gain = s / (a + s / 2).
        let bound = if seen { gain } else { 2.0 * error }.clamp(0.0, 1.9);
        let ratio = bound / (1.0 - bound / 2.0);
        let ambient = (ratio > 0.0).then(|| screen_lux * amplitude / ratio).filter(|lux| lux.is_finite());
        let distance_mm = measured.shading.distance_mm;
        let mut actions = vec![EnvironmentAction::DimTheRoom, EnvironmentAction::RaiseScreenBrightness];
        let at = if distance_mm > FAR_MM { 0 } else { actions.len() };
        actions.insert(at, EnvironmentAction::MoveCloser);
        Self { ambient_lux: ambient, ambient_is_at_least: !seen, screen_lux, distance_mm, actions }
    }
}
