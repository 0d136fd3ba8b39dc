//! scores.csv: one line a capture, with the value of every signal and no biometric data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use verilume_liveness::fusion::Decision;

use super::manifest::Truth;
use super::table::{Table, TableError};
use super::{Manifest, Outcome, sha256_hex};

/// The columns before the signals.
const COLUMNS: [&str; 11] = [
    "capture",
    "path",
    "label",
    "attack_type",
    "subject",
    "group",
    "split",
    "decision",
    "score",
    "llr",
    "reasons",
];

/// The text of scores.csv. What is not known is empty.
pub fn write_scores(manifest: &Manifest, outcomes: &[Outcome]) -> Vec<u8> {
    let signals: BTreeSet<&str> =
        outcomes.iter().flat_map(|outcome| outcome.signals.keys()).map(String::as_str).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |record: &[String]| writer.write_record(record).expect("a vector takes every record");
    put(&COLUMNS.into_iter().chain(signals.iter().copied()).map(str::to_owned).collect::<Vec<_>>());
    for (capture, outcome) in manifest.captures.iter().zip(outcomes) {
        let truth = &capture.truth;
        let text = [
            capture.id.as_str(),
            &capture.path,
            truth.label.name(),
            &truth.attack_type,
            &truth.subject,
            &truth.group,
            &truth.split,
            outcome.decision.map_or("", decision_name),
        ];
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let reasons: Vec<&str> = outcome.reasons.iter().map(|reason| reason.code.as_str()).collect();
        let mut record: Vec<String> = text.into_iter().map(str::to_owned).collect();
        record.extend([number(outcome.score), number(outcome.llr), reasons.join(" ")]);
        record.extend(signals.iter().map(|name| number(outcome.signals.get(*name).copied())));
        put(&record);
    }
    writer.into_inner().expect("a vector takes every record")
}

/// A decision as it stands in files.
pub(super) fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::RealFace => "realface",
        Decision::SpoofFace => "spoofface",
        Decision::Uncertain => "uncertain",
    }
}

/// A capture of scores.csv, as far as a calibration needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// The capture.
    pub capture: String,
    /// What it is.
    pub truth: Truth,
    /// The values of its signals.
    pub signals: BTreeMap<String, f64>,
}

impl ScoreRow {
    /// Its group, or itself where it has none.
    pub fn cluster(&self) -> &str {
        if self.truth.group.is_empty() { &self.capture } else { &self.truth.group }
    }
}

/// A scores.csv that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// In the order of the file.
    pub rows: Vec<ScoreRow>,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Scores {
    /// Reads scores.csv. Every column that `evaluate` does not name is a signal.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let table = Table::open(path, &["capture", "label"])?;
        let signals: Vec<&String> =
            table.columns().iter().filter(|column| !COLUMNS.contains(&column.as_str())).collect();
        let mut rows = Vec::new();
        let mut known = BTreeSet::new();
        for row in table.rows() {
            let mut values = BTreeMap::new();
            for name in &signals {
                values.extend(row.number(name)?.map(|value| ((*name).clone(), value)));
            }
            let capture = row.required("capture")?.to_owned();
            if !known.insert(capture.clone()) {
                return Err(row.error(format!("`{capture}` is listed twice"), "remove one of the lines"));
            }
            rows.push(ScoreRow { capture, truth: Truth::of(&row)?, signals: values });
        }
        Ok(Self { rows, sha256: sha256_hex(table.bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::{Capture, Label, ReasonRecord};

    #[test]
    fn what_is_written_can_be_read() {
        let truth = Truth {
            label: Label::Spoof,
            attack_type: "print, bent".to_owned(),
            subject: "s \"1\"".to_owned(),
            group: String::new(),
            split: "test".to_owned(),
        };
        let capture = Capture {
            id: "x".to_owned(),
            path: "a,b.png".to_owned(),
            files: Vec::new(),
            truth: truth.clone(),
            by: String::new(),
        };
        let signals = BTreeMap::from([("texture".to_owned(), 0.123_456_789)]);
        let seen = Outcome {
            decision: Some(Decision::Uncertain),
            score: Some(0.5),
            llr: Some(-0.25),
            signals: signals.clone(),
            reasons: Vec::new(),
        };
        let manifest =
            Manifest { captures: vec![capture.clone(), Capture { id: "y".to_owned(), ..capture }] };
        let mut cut = Outcome::not_analysed("cut_short", "cut");
        cut.reasons.push(ReasonRecord { code: "not_whole".to_owned(), message: "not whole".to_owned() });
        let text = write_scores(&manifest, &[seen, cut]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, &text).unwrap();
        let scores = Scores::open(&path).unwrap();
        assert_eq!(scores.sha256, sha256_hex(&text));
        assert_eq!((&scores.rows[0].truth, &scores.rows[0].signals), (&truth, &signals));
        assert_eq!((scores.rows[1].cluster(), scores.rows[1].signals.len()), ("y", 0));
        assert!(String::from_utf8(text).unwrap().contains(
            "\ny,\"a,b.png\",spoof,\"print, bent\",\"s \"\"1\"\"\",,test,,,,cut_short not_whole,\n"
        ));
        std::fs::write(&path, "capture,label,note\nx,live,fine\n").unwrap();
        let error = Scores::open(&path).unwrap_err();
        assert!(error.to_string().contains("line 2: `note` is `fine`"), "{error}");
    }
}
