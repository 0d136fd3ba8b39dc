//! Counts of outcomes with their intervals.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Outcome, SimulatedSession};
use crate::stats::Proportion;

/// Counts over sessions of one kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tally {
    /// All sessions.
    pub sessions: u64,
    /// Accepted ones.
    pub real: u64,
    /// Rejected ones.
    pub spoof: u64,
    /// Those that could not be told.
    pub uncertain: u64,
    /// By test that denied, or by cause of uncertainty, how many sessions it kept from being accepted; a session with
    /// several counts for each.
    pub stopped_by: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts sessions.
    pub fn of<'s>(sessions: impl IntoIterator<Item = &'s SimulatedSession>) -> Self {
        let mut tally = Self::default();
        for session in sessions {
            tally.sessions += 1;
            *match session.outcome {
                Outcome::Real => &mut tally.real,
                Outcome::Spoof => &mut tally.spoof,
                Outcome::Uncertain => &mut tally.uncertain,
            } += 1;
            for test in &session.stopped_by {
                *tally.stopped_by.entry(test.clone()).or_default() += 1;
            }
        }
        tally
    }

    /// What kept sessions from being accepted, the most frequent first.
    pub fn most_stopped_by(&self) -> Vec<(&str, u64)> {
        let mut tests: Vec<_> = self.stopped_by.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        tests.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        tests
    }

    /// Share of an outcome.
    pub fn share(&self, outcome: Outcome) -> Proportion {
        let count = match outcome {
            Outcome::Real => self.real,
            Outcome::Spoof => self.spoof,
            Outcome::Uncertain => self.uncertain,
        };
        Proportion { count, of: self.sessions }
    }
}
