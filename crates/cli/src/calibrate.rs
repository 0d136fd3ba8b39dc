//! `verilume calibrate`: fits the fusion to the scores of an evaluation.

use std::fmt::Write as _;

use verilume_eval::presentation::Scores;
use verilume_eval::presentation::calibrate::{CalibrateError, CalibrateRequest, Calibrated, calibrate};
use verilume_liveness::fusion::{ExpectedRate, OperatingPoint};

use crate::args::CalibrateArgs;
use crate::failure::{Exit, Failure, cannot_write};
use crate::{clock, out};

pub(crate) fn run(args: &CalibrateArgs) -> Result<(), Failure> {
    let scores = Scores::open(&args.scores)?;
    let request = CalibrateRequest {
        folds: args.folds.into(),
        train_split: args.train_split.clone(),
        date: clock::today(),
        scores_name: args.scores.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let made = calibrate(&scores, &request)?;
    let text = serde_json::to_string_pretty(&made.calibration).expect("a calibration has only plain fields");
    std::fs::write(&args.out, text + "\n").map_err(|error| cannot_write(&args.out, &error))?;
    out::print(&summary(&made));
    Ok(())
}

fn summary(made: &Calibrated) -> String {
    let calibration = &made.calibration;
    let provenance = &calibration.provenance;
    let attacks: u64 = provenance.attacks.values().sum();
    let mut text = format!(
        "fitted to {} captures of people and {attacks} of attacks ({}), {} groups\n",
        provenance.live,
        provenance
            .attacks
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect::<Vec<_>>()
            .join(", "),
        made.groups
    );
    if made.without_signals > 0 {
        let _ = writeln!(text, "{} captures without any signal were left out", made.without_signals);
    }
    for (name, worth) in &calibration.cues {
        let (least, most) = (worth.least, worth.most);
        let _ = writeln!(text, "  {name:<20} {:.2} nats a unit, -{least:.2} to +{most:.2}", worth.slope);
    }
    if !made.left_out.is_empty() {
        let names = made.left_out.join(", ");
        let _ = writeln!(text, "  left out, too rarely measured or not higher for people: {names}");
    }
    let _ = writeln!(text, "expected, on {}:", made.judged_on);
    let points = &calibration.operating_points;
    for (name, point) in
        [("convenient", &points.convenient), ("balanced", &points.balanced), ("strict", &points.strict)]
    {
        let _ = writeln!(text, "  {name:<11}{}", told(point));
    }
    text
}

fn told(point: &OperatingPoint) -> String {
    format!(
        "real from {:.2}, spoof up to {:.2} nats; people not called real {}; worst species called real {}",
        point.real_at_least,
        point.spoof_at_most,
        rate_in_words(point.expected_bpcer),
        rate_in_words(point.expected_apcer)
    )
}

/// An error rate with its interval and count.
pub(crate) fn rate_in_words(rate: Option<ExpectedRate>) -> String {
    match rate {
        Some(rate) => format!(
            "{:.1} % ({:.1} to {:.1} %) of {}",
            100.0 * rate.share,
            100.0 * rate.low,
            100.0 * rate.high,
            rate.captures
        ),
        None => "not known".to_owned(),
    }
}

impl From<CalibrateError> for Failure {
    fn from(error: CalibrateError) -> Self {
        Self::new(Exit::Input, "calibration_impossible", error.to_string(), error.hint())
    }
}
