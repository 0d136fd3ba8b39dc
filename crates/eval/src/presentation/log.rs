//! The log of a run: a header, then one line of JSON for each analysed capture. It lets a stopped run go on.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

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
    /// What tells its files from others, see [`files_sha256`].
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

/// SHA-256 of the list of a capture's files: paths as the manifest writes them, so that a folder may move with its
/// manifest; times; and sizes and times of change, so that a file that was replaced is analysed anew.
fn files_sha256(capture: &Capture) -> String {
    let mut text = String::new();
    for file in &capture.files {
        let _ = write!(text, "{}\0{:?}\0", file.written, file.timestamp_ms);
        put_state(&mut text, &file.path);
    }
    sha256_hex(text.as_bytes())
}

/// Size and time of change of a file, or of each file in a folder of frames.
fn put_state(text: &mut String, path: &Path) {
    let Ok(entries) = std::fs::read_dir(path) else {
        return put_file_state(text, path);
    };
    let mut frames: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    frames.sort();
    for frame in frames {
        let _ = write!(text, "{}\0", frame.file_name().unwrap_or_default().to_string_lossy());
        put_file_state(text, &frame);
    }
}

/// Nothing for a file that is gone: whoever reads it will say so.
fn put_file_state(text: &mut String, path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let changed = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let _ = write!(text, "{}\0{:?}\0", metadata.len(), changed.map(|since| since.as_nanos()));
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::super::Manifest;
    use super::*;

    #[test]
    fn a_moved_folder_is_the_same_and_a_replaced_file_is_not() {
        let root = tempfile::tempdir().unwrap();
        let [here, there] = ["here", "there"].map(|name| root.path().join(name));
        fs::create_dir_all(here.join("frames")).unwrap();
        fs::write(here.join("a.png"), "one").unwrap();
        fs::write(here.join("frames/0.png"), "one").unwrap();
        fs::write(here.join("m.csv"), "path,label\na.png,live\nframes,live\n").unwrap();
        let known = |folder: &Path| -> Vec<String> {
            let manifest = Manifest::open(&folder.join("m.csv"), None, None).unwrap();
            manifest.captures.iter().map(files_sha256).collect()
        };
        let before = known(&here);
        fs::rename(&here, &there).unwrap();
        assert_eq!(known(&there), before);
        fs::write(there.join("a.png"), "three").unwrap();
        assert_ne!(known(&there)[0], before[0], "another size");
        let frame = fs::File::options().write(true).open(there.join("frames/0.png")).unwrap();
        frame.set_modified(UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        assert_ne!(known(&there)[1], before[1], "another time");
    }
}
