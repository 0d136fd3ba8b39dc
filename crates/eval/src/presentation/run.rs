//! From captures to outcomes: side by side, one frame of each in memory at a time.

use std::sync::Mutex;
use std::time::Duration;

use verilume_frame::{Frame, Timestamp};
use verilume_liveness::fusion::FusionConfig;
use verilume_vision::TrackerConfig;
use verilume_vision::models::ModelError;

use super::{Capture, CaptureFile, Manifest, Outcome, OutcomeLog, OutcomeLogError};
use crate::media::{self, MediaError, MediaOptions};
use crate::parallel::each_with;
use crate::{AnalysisModels, CaptureAnalyzer};

/// Frames a second of a capture whose rows name no time. Origin: what webcams record.
const FPS_OF_ROWS: f64 = 25.0;

/// Analyses every capture that the log does not hold yet, on as many threads as there are sets of models; `done` hears
/// of each as it ends. The outcomes have the order of the manifest.
///
/// A capture that cannot be read, or that a model fails on, does not end the run: its outcome says why, and as the log
/// does not keep it, the next run tries again.
pub fn run(
    manifest: &Manifest,
    models: &[AnalysisModels],
    config: &FusionConfig,
    log: OutcomeLog,
    done: impl Fn() + Sync,
) -> Result<Vec<Outcome>, OutcomeLogError> {
    let log = Mutex::new(log);
    let locked = || log.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    each_with(models, &manifest.captures, |models, capture| {
        let known = locked().outcome(capture).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let outcome = analyse(capture, models, config).unwrap_or_else(Outcome::from);
        if outcome.is_analysed() {
            locked().add(capture, outcome.clone())?;
        }
        done();
        Ok(outcome)
    })
}

/// Why a capture could not be analysed.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl From<Obstacle> for Outcome {
    fn from(obstacle: Obstacle) -> Self {
        let code = match &obstacle {
            Obstacle::Media(error) => error.code(),
            Obstacle::Model(_) => "model_failed",
        };
        Self::not_analysed(code, obstacle.to_string())
    }
}

fn analyse(capture: &Capture, models: &AnalysisModels, config: &FusionConfig) -> Result<Outcome, Obstacle> {
    let no_clock = || Duration::ZERO;
    let mut analyzer = CaptureAnalyzer::new(models, TrackerConfig::default(), &no_clock);
    let mut warnings = Vec::new();
    if let [file] = capture.files.as_slice() {
        let mut reader = media::open(&file.path, &MediaOptions::default())?;
        while let Some(frame) = reader.next_frame()? {
            analyzer.push(&frame)?;
        }
        warnings.extend_from_slice(reader.warnings());
    } else {
        for (file, captured_at) in capture.files.iter().zip(times(&capture.files)) {
            if let Some(frame) = media::open(&file.path, &MediaOptions::default())?.next_frame()? {
                analyzer.push(&Frame { captured_at, ..frame })?;
            }
        }
    }
    Ok(Outcome::of(&analyzer.finish(config, &warnings).liveness))
}

/// When each of a capture's images was captured, counted from the first.
fn times(files: &[CaptureFile]) -> impl Iterator<Item = Timestamp> {
    let first_ms = files.first().and_then(|file| file.timestamp_ms).unwrap_or_default();
    files.iter().enumerate().map(move |(at, file)| {
        let secs = file.timestamp_ms.map_or(at as f64 / FPS_OF_ROWS, |millis| (millis - first_ms) / 1e3);
        Timestamp::from_secs(secs)
    })
}

/// The first frame of a capture, if it can be read.
pub fn first_frame(capture: &Capture) -> Option<Frame> {
    media::open(&capture.files.first()?.path, &MediaOptions::default()).ok()?.next_frame().ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(timestamps: &[Option<f64>]) -> Vec<f64> {
        let file =
            |ms: &Option<f64>| CaptureFile { path: "x".into(), written: "x".to_owned(), timestamp_ms: *ms };
        let files: Vec<_> = timestamps.iter().map(file).collect();
        times(&files).map(Timestamp::as_millis).collect()
    }

    #[test]
    fn times_count_from_the_first_frame_or_are_40_ms_apart() {
        assert_eq!(at(&[Some(1_700_000_000_000.0), Some(1_700_000_000_033.0)]), [0.0, 33.0]);
        assert_eq!(at(&[None, None, None]), [0.0, 40.0, 80.0]);
    }
}
