//! Error rates on labelled captures, by the terms of ISO/IEC 30107-3.
//!
//! A [`Manifest`] says what each capture truly is, [`run()`] analyses them, a [`Report`] holds the rates with their
//! intervals, and [`calibrate`](calibrate::calibrate) fits the fusion to the scores of a run.
//!
//! What this module does not do: it is no test by an accredited laboratory, it collects no captures, and it keeps no
//! pixel. What it writes holds numbers about captures and the names that the manifest gives them.

mod baseline;
pub mod calibrate;
mod log;
mod manifest;
mod metrics;
mod outcome;
mod page;
pub(crate) mod random;
pub(crate) mod ranking;
mod report;
mod run;
pub(crate) mod sample;
mod scores;
pub(crate) mod table;

pub use baseline::{Baseline, Comparison};
pub use log::{OutcomeLog, OutcomeLogError, Setting};
pub use manifest::{Capture, CaptureFile, Label, Manifest, Truth, UNSPECIFIED};
pub(crate) use metrics::middle_95;
pub use metrics::{Decisions, Figure, Metrics, RESAMPLES, SpeciesDecisions, ThresholdFigures, Thresholds};
pub use outcome::{Outcome, ReasonRecord};
pub use page::{Thumbnails, html};
pub use ranking::DetPoint;
pub use report::{Failed, Report, ReportRequest};
pub use run::{first_frame, run};
pub use scores::{ScoreRow, Scores, write_scores};
pub use table::TableError;

use sha2::{Digest as _, Sha256};

/// SHA-256 as 64 lower-case digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
