//! Labelled scores, sorted once, so that every resample of them costs one pass.

use std::collections::{BTreeSet, HashMap};

use verilume_liveness::fusion::Decision;

use super::random::SplitMix64;
use super::{Capture, Label, Outcome};

/// Where the resampling begins. Any number would do; it is fixed so that a report can be made again.
const SEED: u64 = 0x1503_0107;

/// What is known of one capture once it is scored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation<'a> {
    pub(super) label: Label,
    pub(super) species: &'a str,
    pub(super) cluster: &'a str,
    /// Higher is more live. Without a score a capture lies below all others: it is never accepted.
    pub(super) score: Option<f64>,
    pub(super) decision: Option<Decision>,
}

impl<'a> Observation<'a> {
    pub(super) fn new(capture: &'a Capture, outcome: &Outcome) -> Self {
        Self {
            label: capture.truth.label,
            species: &capture.truth.attack_type,
            cluster: capture.cluster(),
            score: outcome.llr,
            decision: outcome.decision,
        }
    }
}

/// One capture of a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) value: f64,
    /// Which species of attack; `None` for a live capture.
    pub(crate) species: Option<usize>,
    pub(crate) cluster: usize,
    pub(crate) decision: Option<Decision>,
}

/// Labelled scores, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) rows: Vec<Row>,
    /// The species of attack, in order of their names.
    pub(super) species: Vec<String>,
    /// How many clusters there are.
    pub(super) clusters: usize,
}

impl Sample {
    pub(super) fn new(observations: &[Observation<'_>]) -> Self {
        let attacks = observations.iter().filter(|seen| seen.label == Label::Spoof);
        let species: Vec<String> = attacks
            .map(|seen| seen.species)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut clusters = HashMap::new();
        let row = |seen: &Observation<'_>| {
            let next = clusters.len();
            Row {
                value: seen.score.unwrap_or(f64::NEG_INFINITY),
                species: match seen.label {
                    Label::Live => None,
                    Label::Spoof => species.binary_search_by(|name| name.as_str().cmp(seen.species)).ok(),
                },
                cluster: *clusters.entry(seen.cluster.to_owned()).or_insert(next),
                decision: seen.decision,
            }
        };
        let mut rows: Vec<Row> = observations.iter().map(row).collect();
        rows.sort_by(|a, b| a.value.total_cmp(&b.value));
        Self { rows, species, clusters: clusters.len() }
    }

    /// The sample as it is: each cluster once.
    pub(super) fn as_it_is(&self) -> Vec<u32> {
        vec![1; self.clusters]
    }

    /// How often each cluster is drawn, for each resample. Samples with the same clusters in the same order get the same
    /// draws.
    pub(super) fn resamples(&self, count: usize) -> impl Iterator<Item = Vec<u32>> {
        let mut random = SplitMix64::new(SEED);
        let clusters = self.clusters;
        (0..count).map(move |_| {
            let mut drawn = vec![0; clusters];
            (0..clusters).for_each(|_| drawn[random.below(clusters)] += 1);
            drawn
        })
    }

    /// How many clusters have such rows.
    pub(super) fn clusters_with(&self, is_such: impl Fn(&Row) -> bool) -> u64 {
        let clusters = self.rows.iter().filter(|row| is_such(row)).map(|row| row.cluster);
        clusters.collect::<BTreeSet<_>>().len() as u64
    }

    /// How many such rows there are in a resample.
    pub(super) fn count(&self, drawn: &[u32], is_such: impl Fn(&Row) -> bool) -> u64 {
        self.rows.iter().filter(|row| is_such(row)).map(|row| u64::from(drawn[row.cluster])).sum()
    }
}
