//! The log of a run: a header, then one line of JSON for each analysed capture. It lets a stopped run go on.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use verilume_liveness::fusion::{FusionConfig, OperatingMode};

use super::sha256_hex;
use super::{Capture, Outcome};
use crate::AnalysisModels;
use crate::run_log::{self, Found, RunLog};

/// A log that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeLogError {
    /// Reading or writing failed.
    #[error("{path} cannot be read or written", path = .path.display())]
    Io {
        /// The log.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is of another version, calibration, operating point or set of models.
    #[error("{path} is of another run: its {differs} is not that of this one", path = .path.display())]
    Other {
        /// The log.
        path: PathBuf,
        /// What differs.
        differs: &'static str,
    },
}

/// What captures must share to be counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Version of Verilume.
    pub version: String,
    /// SHA-256 of the calibration.
    pub calibration_sha256: String,
    /// Which operating point decided.
    pub operating_mode: OperatingMode,
    /// SHA-256 of each model that ran, by name.
    pub models: BTreeMap<String, String>,
}

impl Setting {
    /// The setting of a run.
    pub fn new(models: &AnalysisModels, config: &FusionConfig) -> Self {
        let calibration =
            serde_json::to_vec(&config.calibration).expect("a calibration has only plain fields");
        let ran = models.status().into_iter().filter(|(_, status)| status.available);
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            calibration_sha256: sha256_hex(&calibration),
            operating_mode: config.mode,
            models: ran.map(|(name, status)| (name, status.sha256)).collect(),
        }
    }

    fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            ("version", self.version == other.version),
            ("calibration", self.calibration_sha256 == other.calibration_sha256),
            ("operating point", self.operating_mode == other.operating_mode),
            ("set of models", self.models == other.models),
        ];
        parts.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
    }
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    capture: String,
    /// SHA-256 of the paths and times of its files: another list of files is another capture.
    files_sha256: String,
    outcome: Outcome,
}

/// Analysed captures, on disk as they end.
#[derive(Debug)]
pub struct OutcomeLog {
    path: PathBuf,
    log: RunLog,
    outcomes: HashMap<(String, String), Outcome>,
}

impl OutcomeLog {
    /// Opens a log or begins it. A last line that a stopped run left unfinished is dropped.
    pub fn open(path: &Path, setting: &Setting) -> Result<Self, OutcomeLogError> {
        let io = |source| OutcomeLogError::Io { path: path.to_owned(), source };
        let found: Option<Found<Setting, Line>> = run_log::read(path).map_err(io)?;
        if let Some(differs) = found.as_ref().and_then(|found| setting.difference(&found.header)) {
            return Err(OutcomeLogError::Other { path: path.to_owned(), differs });
        }
        let log = RunLog::resume(path, setting, found.as_ref()).map_err(io)?;
        let lines = found.map(|found| found.lines).unwrap_or_default();
        let outcomes = lines.into_iter().map(|line| ((line.capture, line.files_sha256), line.outcome));
        Ok(Self { path: path.to_owned(), log, outcomes: outcomes.collect() })
    }

    /// What came out of a capture, if it was analysed.
    pub fn outcome(&self, capture: &Capture) -> Option<&Outcome> {
        self.outcomes.get(&(capture.id.clone(), files_sha256(capture)))
    }

    /// Adds an analysed capture.
    pub(super) fn add(&mut self, capture: &Capture, outcome: Outcome) -> Result<(), OutcomeLogError> {
        let line = Line { capture: capture.id.clone(), files_sha256: files_sha256(capture), outcome };
        self.log.add(&line).map_err(|source| OutcomeLogError::Io { path: self.path.clone(), source })?;
        self.outcomes.insert((line.capture, line.files_sha256), line.outcome);
        Ok(())
    }
}

fn files_sha256(capture: &Capture) -> String {
    let mut text = String::new();
    for file in &capture.files {
        text.push_str(&format!("{}\0{:?}\0", file.path.display(), file.timestamp_ms));
    }
    sha256_hex(text.as_bytes())
}
