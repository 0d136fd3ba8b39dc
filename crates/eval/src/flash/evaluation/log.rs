//! The log of finished sessions: a header, then one line of JSON for each.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use verilume_liveness::flash::{ExtractConfig, FlashConfig};

use super::Seeds;
use crate::flash::SimulatedSession;

/// A log that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Reading or writing failed.
    #[error("{path} cannot be read or written", path = .path.display())]
    Io {
        /// The log.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its sessions are of other seeds or were judged by another detector.
    #[error("{path} holds sessions of another evaluation: other seeds, thresholds or version", path = .path.display())]
    Other {
        /// The log.
        path: PathBuf,
    },
}

/// What sessions must share to be counted together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Header {
    seeds: String,
    version: String,
    extract: ExtractConfig,
    judge: FlashConfig,
}

/// Finished sessions, on disk as they end.
#[derive(Debug)]
pub struct SessionLog {
    path: PathBuf,
    file: File,
    sessions: Vec<SimulatedSession>,
    seeds: HashSet<u64>,
}

impl SessionLog {
    /// Opens a log or begins it. A last line that a stopped run left unfinished is dropped.
    pub fn open(path: &Path, seeds: Seeds, judge: &FlashConfig) -> Result<Self, LogError> {
        let io = |source| LogError::Io { path: path.to_owned(), source };
        let header = Header {
            seeds: seeds.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            extract: ExtractConfig::default(),
            judge: *judge,
        };
        let found = read(path).map_err(io)?;
        if found.as_ref().is_some_and(|found| found.header != header) {
            return Err(LogError::Other { path: path.to_owned() });
        }
        let (whole_bytes, sessions) = found.map(|found| (found.bytes, found.sessions)).unwrap_or_default();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(io)?;
        file.set_len(whole_bytes).map_err(io)?;
        let seeds = sessions.iter().map(|session| session.seed).collect();
        let mut log = Self { path: path.to_owned(), file, sessions, seeds };
        if whole_bytes == 0 {
            log.write_line(&header)?;
        }
        Ok(log)
    }

    /// Whether a session is done.
    pub fn holds(&self, seed: u64) -> bool {
        self.seeds.contains(&seed)
    }

    /// Adds a session.
    pub fn add(&mut self, session: SimulatedSession) -> Result<(), LogError> {
        self.write_line(&session)?;
        self.seeds.insert(session.seed);
        self.sessions.push(session);
        Ok(())
    }

    /// All sessions, in the order of their end.
    pub fn sessions(&self) -> &[SimulatedSession] {
        &self.sessions
    }

    fn write_line(&mut self, value: &impl Serialize) -> Result<(), LogError> {
        let io = |source| LogError::Io { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(value).map_err(io::Error::from).map_err(io)?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(io)
    }
}

struct Found {
    header: Header,
    sessions: Vec<SimulatedSession>,
    /// Bytes of all whole lines.
    bytes: u64,
}

/// What a log holds; `None` where there is none or not even a header in it.
fn read(path: &Path) -> io::Result<Option<Found>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    let mut whole_line = |line: &mut String| {
        line.clear();
        reader.read_line(line).map(|bytes| if line.ends_with('\n') { bytes as u64 } else { 0 })
    };
    let mut bytes = whole_line(&mut line)?;
    if bytes == 0 {
        return Ok(None);
    }
    let header = serde_json::from_str(&line)?;
    let mut sessions = Vec::new();
    loop {
        match whole_line(&mut line)? {
            0 => return Ok(Some(Found { header, sessions, bytes })),
            more => bytes += more,
        }
        sessions.push(serde_json::from_str(&line)?);
    }
}
