//! The log of finished sessions: a header, then one line of JSON for each.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use verilume_liveness::flash::{ExtractConfig, FlashConfig};

use super::Seeds;
use crate::flash::SimulatedSession;
use crate::run_log::{self, RunLog};

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
    log: RunLog,
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
        let found = run_log::read(path).map_err(io)?;
        if found.as_ref().is_some_and(|found| found.header != header) {
            return Err(LogError::Other { path: path.to_owned() });
        }
        let log = RunLog::resume(path, &header, found.as_ref()).map_err(io)?;
        let sessions: Vec<SimulatedSession> = found.map(|found| found.lines).unwrap_or_default();
        let seeds = sessions.iter().map(|session| session.seed).collect();
        Ok(Self { path: path.to_owned(), log, sessions, seeds })
    }

    /// Whether a session is done.
    pub fn holds(&self, seed: u64) -> bool {
        self.seeds.contains(&seed)
    }

    /// Adds a session.
    pub fn add(&mut self, session: SimulatedSession) -> Result<(), LogError> {
        self.log.add(&session).map_err(|source| LogError::Io { path: self.path.clone(), source })?;
        self.seeds.insert(session.seed);
        self.sessions.push(session);
        Ok(())
    }

    /// All sessions, in the order of their end.
    pub fn sessions(&self) -> &[SimulatedSession] {
        &self.sessions
    }
}
