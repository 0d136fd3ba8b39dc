//! Fits the fusion to the scores of a run.
//!
//! A ridge logistic regression with slopes that are never negative turns the signals into a log-likelihood ratio; both
//! classes weigh the same, so the shares of people and attacks in the data do not matter. The operating points are set
//! on scores that the captures got from models which were fitted to other groups.

mod folds;
mod fusion;
mod logistic;
mod points;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use verilume_liveness::fusion::{CALIBRATION_VERSION, Calibration, Provenance};

use super::{Label, ScoreRow, Scores, sha256_hex};
use fusion::Fusion;

/// The fewest captures of each class. Origin: of fewer than 20, a BPCER of 5 % is less than one capture.
pub const LEAST_OF_A_CLASS: usize = 20;
/// The fewest groups of each class: one to fit to and one to judge on.
const LEAST_GROUPS: usize = 2;

/// A capture with its log-likelihood ratio.
type Scored<'a> = (&'a ScoreRow, Option<f64>);

/// How to calibrate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrateRequest {
    /// Parts of the cross-validation, 2 or more; never more than there are groups of a class.
    pub folds: usize,
    /// Fit to this split only and judge on the others.
    pub train_split: Option<String>,
    /// Today, ISO 8601.
    pub date: String,
    /// The name of the scores' file.
    pub scores_name: String,
}

/// A calibration and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The calibration.
    pub calibration: Calibration,
    /// Groups it was fitted to.
    pub groups: usize,
    /// Captures without any signal, which it was not fitted to.
    pub without_signals: usize,
    /// Signals that it leaves out: too rarely measured, or not higher for people.
    pub left_out: Vec<String>,
    /// In words: what the expected rates were measured on.
    pub judged_on: String,
}

/// Why scores do not make a calibration. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrateError {
    problem: String,
    hint: String,
}

impl CalibrateError {
    fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: hint.into() }
    }

    /// What to do next, one line.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for CalibrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for CalibrateError {}

/// Fits a calibration to scores.
pub fn calibrate(scores: &Scores, request: &CalibrateRequest) -> Result<Calibrated, CalibrateError> {
    refuse_groups_in_two_splits(&scores.rows, request.train_split.is_some())?;
    let is_training =
        |row: &ScoreRow| request.train_split.as_ref().is_none_or(|split| row.truth.split == *split);
    let (training, others): (Vec<&ScoreRow>, Vec<&ScoreRow>) =
        scores.rows.iter().partition(|row| is_training(row));
    let (training, without_signals): (Vec<_>, Vec<_>) =
        training.into_iter().partition(|row| !row.signals.is_empty());
    let part = request.train_split.as_ref().map_or_else(String::new, |split| format!("split `{split}`: "));
    enough(&training, &part)?;

    let (folds, out_of_fold) = out_of_fold(&training, request.folds);
    let fusion = Fusion::fit(&training).filter(|fusion| !fusion.cues.is_empty()).ok_or_else(|| {
        let problem = "no signal is higher for people than for attacks: there is nothing to calibrate";
        CalibrateError::new(problem, "check the labels: `live` is a person, `spoof` an attack")
    })?;
    let set_on: Vec<Scored<'_>> = training.iter().copied().zip(out_of_fold).collect();
    let (judged, judged_on): (Vec<Scored<'_>>, _) = if request.train_split.is_some() {
        enough(&others, "the other splits: ")?;
        let judged = others.iter().map(|row| (*row, fusion.llr(row))).collect();
        (judged, "the captures of the other splits".to_owned())
    } else {
        let all = set_on.iter().copied().chain(without_signals.iter().map(|row| (*row, None)));
        (all.collect(), format!("the same captures, by {folds}-fold cross-validation over groups"))
    };
    let groups: BTreeSet<&str> = training.iter().map(|row| row.cluster()).collect();
    let signals: BTreeSet<&String> = training.iter().flat_map(|row| row.signals.keys()).collect();
    let left_out = signals.into_iter().filter(|name| !fusion.cues.contains_key(*name)).cloned().collect();
    let calibration = Calibration {
        version: CALIBRATION_VERSION,
        provenance: provenance(scores, request, &training, &judged_on),
        operating_points: points::operating_points(&set_on, &judged),
        offset: fusion.offset,
        cues: fusion.cues,
        // Recordings answer no flash: its worth stays as its own evaluation has it.
        flash_passed: Calibration::default().flash_passed,
    };
    Ok(Calibrated {
        calibration,
        groups: groups.len(),
        without_signals: without_signals.len(),
        left_out,
        judged_on,
    })
}

/// How many groups a calibration was fitted to that are among these.
pub fn training_groups<'a>(
    calibration: &Calibration,
    clusters: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let known = &calibration.provenance.groups_sha256;
    clusters.into_iter().filter(|cluster| known.contains(&sha256_hex(cluster.as_bytes()))).collect()
}

/// The score that each capture gets from a model which was fitted to other groups, and the number of parts.
fn out_of_fold(rows: &[&ScoreRow], folds: usize) -> (usize, Vec<Option<f64>>) {
    let (folds, part_of) = folds::by_group(rows, folds);
    let mut llrs = vec![None; rows.len()];
    for part in 0..folds {
        let others: Vec<&ScoreRow> =
            rows.iter().zip(&part_of).filter(|(_, of)| **of != part).map(|(row, _)| *row).collect();
        let Some(fusion) = Fusion::fit(&others) else { continue };
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| part_of[*at] == part) {
            llrs[at] = fusion.llr(row);
        }
    }
    (folds, llrs)
}

fn provenance(
    scores: &Scores,
    request: &CalibrateRequest,
    training: &[&ScoreRow],
    judged_on: &str,
) -> Provenance {
    let mut attacks = BTreeMap::new();
    for row in training.iter().filter(|row| row.truth.label == Label::Spoof) {
        *attacks.entry(row.truth.attack_type.clone()).or_insert(0) += 1;
    }
    let split = request.train_split.as_ref().map_or_else(String::new, |split| format!(", split {split}"));
    Provenance {
        source: format!("{}{split}; expected rates measured on {judged_on}", request.scores_name),
        date: request.date.clone(),
        live: training.iter().filter(|row| row.truth.label == Label::Live).count() as u64,
        attacks,
        scores_sha256: Some(scores.sha256.clone()),
        groups_sha256: training.iter().map(|row| sha256_hex(row.cluster().as_bytes())).collect(),
    }
}

/// What is fitted to and what is judged on must share no group. Where one split is fitted to, rows without a split are
/// judged on: no split is then one like any other.
fn refuse_groups_in_two_splits(rows: &[ScoreRow], is_fitted_to_one: bool) -> Result<(), CalibrateError> {
    let mut splits: HashMap<&str, &str> = HashMap::new();
    for row in rows.iter().filter(|row| is_fitted_to_one || !row.truth.split.is_empty()) {
        let split = splits.entry(row.cluster()).or_insert(&row.truth.split);
        if *split != row.truth.split {
            return Err(CalibrateError::new(
                format!("the group `{}` is in the splits `{split}` and `{}`", row.cluster(), row.truth.split),
                "put every group into one split, or remove the column `split`",
            ));
        }
    }
    Ok(())
}

fn enough(rows: &[&ScoreRow], part: &str) -> Result<(), CalibrateError> {
    for label in [Label::Live, Label::Spoof] {
        let those: Vec<_> = rows.iter().filter(|row| row.truth.label == label).collect();
        let groups = those.iter().map(|row| row.cluster()).collect::<BTreeSet<_>>().len();
        if those.len() < LEAST_OF_A_CLASS || groups < LEAST_GROUPS {
            return Err(CalibrateError::new(
                format!(
                    "{part}{} captures labelled {} of {groups} groups are too few",
                    those.len(),
                    label.name()
                ),
                format!(
                    "give at least {LEAST_OF_A_CLASS} of {LEAST_GROUPS} groups of each class; some hundreds make a useful calibration"
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
