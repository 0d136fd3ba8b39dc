//! `verilume evaluate pairs PAIRS.csv`: error rates of comparison, and the calibration that follows from them.

use std::path::{Path, PathBuf};

use clap::Args;
use verilume_eval::verification::{self, Comparisons, PairList, PairsReport};
use verilume_recognition::{Calibration, Embedder, Provenance};

use crate::args::AssetsArgs;
use crate::failure::{Exit, Failure, cannot_write};
use crate::recognition::{self, RecognitionArgs};
use crate::{out, progress};

#[derive(Debug, Args)]
pub(crate) struct EvaluatePairsArgs {
    /// Which two pictures show one person: columns path_a, path_b, same (0 or 1), and group, if there is one.
    #[arg(value_name = "PAIRS.csv")]
    list: PathBuf,
    /// Print the report as JSON, with the detection error tradeoff.
    #[arg(long)]
    json: bool,
    /// Fit a calibration to the pairs of different people and write it into this file.
    #[arg(long, value_name = "FILE.json", requires = "provenance")]
    calibrate: Option<PathBuf>,
    /// Where the pictures of the calibration are from: JSON with data, fitted_on and limits, which the calibration
    /// keeps.
    #[arg(long, value_name = "FILE.json")]
    provenance: Option<PathBuf>,
    #[command(flatten)]
    recognition: RecognitionArgs,
    #[command(flatten)]
    assets: AssetsArgs,
}

pub(super) fn run(args: &EvaluatePairsArgs) -> Result<(), Failure> {
    let list = PairList::open(&args.list)?;
    let provenance = args.provenance.as_deref().map(read_provenance).transpose()?;
    let reader = recognition::reader(&args.recognition, &args.assets)?;
    let calibration = recognition::calibration(&args.recognition, reader.embedder())?;
    let progress = progress::of_captures(list.pictures.len() as u64);
    let comparisons = verification::compare(&list, &reader, || progress.inc(1))?;
    progress.finish_and_clear();
    for unusable in &comparisons.unusable {
        eprintln!("warning: {} was not compared: {}", unusable.picture, unusable.reason);
    }
    if let (Some(path), Some(provenance)) = (&args.calibrate, provenance) {
        calibrate(path, &list, &comparisons, reader.embedder(), provenance)?;
    }
    let report = PairsReport::new(&list, &comparisons, reader.embedder(), calibration.as_ref());
    if args.json {
        let text = serde_json::to_string_pretty(&report).expect("a report has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&report.to_text());
    }
    Ok(())
}

fn calibrate(
    path: &Path,
    list: &PairList,
    comparisons: &Comparisons,
    embedder: &Embedder,
    provenance: Provenance,
) -> Result<(), Failure> {
    let pairs = verification::impostor_pairs(list, comparisons);
    let calibration = Calibration::fit(embedder, &pairs, provenance)?;
    std::fs::write(path, calibration.to_json()).map_err(|error| cannot_write(path, &error))
}

fn read_provenance(path: &Path) -> Result<Provenance, Failure> {
    let refused = |problem: String| {
        let hint = "write {\"data\": \"...\", \"fitted_on\": \"YYYY-MM-DD\", \"limits\": \"...\"}";
        Failure::new(Exit::Input, "provenance_unusable", format!("{}: {problem}", path.display()), hint)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}
