//! Another system's scores beside ours, on the captures that both have.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use super::metrics::{Measure, middle_95};
use super::sample::{Observation, Sample};
use super::table::{Table, TableError};
use super::{Figure, Label, Manifest, Metrics, Outcome, RESAMPLES, Thresholds};

/// The scores of another system, matched with a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The file's name.
    name: String,
    /// For each capture of the manifest, its line: a score, or none.
    scores: Vec<Option<Option<f64>>>,
    /// Lines of captures that the manifest does not have.
    unknown: u64,
}

/// Both systems on the same captures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The other system's file.
    pub name: String,
    /// Captures that both have.
    pub matched: u64,
    /// Captures of the manifest that the other system does not have.
    pub missing: u64,
    /// Captures of the other system that the manifest does not have.
    pub unknown: u64,
    /// This system.
    pub ours: Thresholds,
    /// The other system.
    pub theirs: Thresholds,
    /// APCER at BPCER 5 %, all attacks pooled: ours less theirs; negative is better for us. The interval is that of the
    /// difference on the same resamples.
    pub apcer_at_bpcer_5_difference: Figure,
}

impl Baseline {
    /// Reads the columns `score` (higher is more live; empty is none) and `capture` or `path`. A `label` must not
    /// contradict the manifest.
    pub fn open(path: &Path, manifest: &Manifest) -> Result<Self, TableError> {
        let table = Table::open(path, &["score"])?;
        let by_capture = table.columns().iter().any(|column| column == "capture");
        let key = if by_capture { "capture" } else { "path" };
        let id = |at: usize| {
            let capture = &manifest.captures[at];
            if by_capture { capture.id.as_str() } else { capture.path.as_str() }
        };
        let places: HashMap<&str, usize> = (0..manifest.captures.len()).map(|at| (id(at), at)).collect();
        let mut scores = vec![None; manifest.captures.len()];
        let mut unknown = 0;
        for row in table.rows() {
            let Some(at) = places.get(row.required(key)?).copied() else {
                unknown += 1;
                continue;
            };
            if !row.get("label").is_empty() && Label::of(&row)? != manifest.captures[at].truth.label {
                let problem = format!("the label of `{}` is not that of the manifest", id(at));
                return Err(row.error(problem, "correct the wrong one"));
            }
            if scores[at].replace(row.number("score")?).is_some() {
                return Err(row.error(format!("`{}` is listed twice", id(at)), "remove one of the lines"));
            }
        }
        for label in [Label::Live, Label::Spoof] {
            let mut both = manifest.captures.iter().zip(&scores);
            if !both.any(|(capture, score)| score.is_some() && capture.truth.label == label) {
                let problem =
                    format!("has no capture in common with the manifest whose label is {}", label.name());
                let hint = format!("the values of `{key}` must be those of the manifest");
                return Err(table.error(None, problem, hint));
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, scores, unknown })
    }

    /// Both systems on the captures that both have.
    pub(super) fn compare(&self, manifest: &Manifest, outcomes: &[Outcome]) -> Option<Comparison> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for ((capture, outcome), score) in manifest.captures.iter().zip(outcomes).zip(&self.scores) {
            let Some(score) = score else { continue };
            let observation = Observation::new(capture, outcome);
            ours.push(observation);
            theirs.push(Observation { score: *score, decision: None, ..observation });
        }
        let (ours, theirs) = (Sample::new(&ours), Sample::new(&theirs));
        let matched = ours.rows.len() as u64;
        Some(Comparison {
            name: self.name.clone(),
            matched,
            missing: manifest.captures.len() as u64 - matched,
            unknown: self.unknown,
            ours: Metrics::of(&ours).thresholds?,
            theirs: Metrics::of(&theirs).thresholds?,
            apcer_at_bpcer_5_difference: difference(&ours, &theirs)?,
        })
    }
}

/// The difference on the captures as they are, and its interval: both systems see the same resamples.
fn difference(ours: &Sample, theirs: &Sample) -> Option<Figure> {
    let (ours_of, theirs_of) = (Measure::new(ours), Measure::new(theirs));
    let on = |drawn: &[u32]| Some(ours_of.apcer_at_bpcer_5(drawn)? - theirs_of.apcer_at_bpcer_5(drawn)?);
    let mut figure = Figure::computed(Some(on(&ours.as_it_is())?), ours_of.both_clusters());
    let mut resampled: Vec<f64> = ours.resamples(RESAMPLES).filter_map(|drawn| on(&drawn)).collect();
    if figure.clusters >= 2
        && let Some((low, high)) = middle_95(&mut resampled)
    {
        (figure.low, figure.high) = (Some(low), Some(high));
    }
    Some(figure)
}

#[cfg(test)]
mod tests {
    use verilume_liveness::fusion::Decision;

    use super::*;
    use crate::presentation::{Capture, Truth};

    fn manifest() -> Manifest {
        let capture = |at: usize| Capture {
            id: format!("c{at}"),
            path: format!("{at}.png"),
            files: Vec::new(),
            truth: Truth {
                label: if at < 20 { Label::Live } else { Label::Spoof },
                attack_type: if at < 20 { String::new() } else { "print".to_owned() },
                subject: String::new(),
                group: String::new(),
                split: String::new(),
            },
            by: String::new(),
        };
        Manifest { captures: (0..40).map(capture).collect() }
    }

    fn opened(text: &str) -> Result<Baseline, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.csv");
        std::fs::write(&path, text).unwrap();
        Baseline::open(&path, &manifest())
    }

    #[test]
    fn systems_are_compared_on_what_both_have() {
        // Theirs: knows nothing. Ours: knows everything.
        let mut text = "path,score\nother.png,1\n".to_owned();
        (1..40).for_each(|at| text.push_str(&format!("{at}.png,{}\n", at % 10)));
        let baseline = opened(&text).unwrap();
        let outcomes: Vec<Outcome> = (0..40)
            .map(|at| Outcome {
                decision: Some(Decision::RealFace),
                llr: Some(if at < 20 { 1.0 } else { -1.0 }),
                ..Outcome::not_analysed("", "")
            })
            .collect();
        let comparison = baseline.compare(&manifest(), &outcomes).unwrap();
        assert_eq!((comparison.matched, comparison.missing, comparison.unknown), (39, 1, 1));
        assert_eq!(comparison.ours.auc.share, Some(1.0));
        assert!((comparison.theirs.auc.share.unwrap() - 0.5).abs() < 0.1);
        let difference = comparison.apcer_at_bpcer_5_difference;
        assert!(difference.share.unwrap() < -0.8 && difference.high.unwrap() < 0.0, "{difference:?}");
    }

    #[test]
    fn what_contradicts_the_manifest_is_refused() {
        let refused = |text: &str, words: &str| {
            let error = opened(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        refused("path,score\n1.png,1\n", "label is spoof");
        refused("path,score\n1.png,1\n1.png,1\n", "twice");
        refused("path,score,label\n1.png,1,spoof\n", "not that of the manifest");
        refused("capture\nc1\n", "no column `score`");
        refused("score\n1\n", "`path` is empty");
    }
}
