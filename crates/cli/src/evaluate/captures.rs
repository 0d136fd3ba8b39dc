//! `verilume evaluate MANIFEST.csv`: error rates on labelled captures.

use std::fmt::Write as _;
use std::path::Path;

use verilume_eval::AnalysisModels;
use verilume_eval::presentation::calibrate::training_groups;
use verilume_eval::presentation::{
    self, Baseline, Capture, Figure, Manifest, Outcome, OutcomeLog, OutcomeLogError, Report, ReportRequest,
    Setting, TableError, Thumbnails,
};
use verilume_liveness::fusion::FusionConfig;

use crate::args::{EvaluateCapturesArgs, jobs};
use crate::failure::{Exit, Failure, cannot_write, chain};
use crate::{fusion, models, out, progress};

/// The log's name in the folder of a report.
const LOG: &str = "captures.jsonl";

pub(super) fn run(args: &EvaluateCapturesArgs) -> Result<(), Failure> {
    let config = fusion::config(&args.fusion)?;
    let manifest = Manifest::open(args.manifest(), args.split.as_deref(), args.by.as_deref())?;
    let baseline = args.baseline.as_deref().map(|path| Baseline::open(path, &manifest)).transpose()?;
    let training_groups = check_groups(args, &manifest, &config)?;

    let first = models::load(&args.assets, &args.texture)?;
    let setting = Setting::new(&first, &config);
    std::fs::create_dir_all(args.out()).map_err(|error| cannot_write(args.out(), &error))?;
    let log = open_log(args, &setting)?;
    let outcomes = analyse(args, &manifest, &config, log, first)?;

    let request = ReportRequest {
        manifest: args.manifest().file_name().unwrap_or_default().to_string_lossy().into_owned(),
        split: args.split.clone(),
        by: args.by.clone(),
        baseline: baseline.as_ref(),
        training_groups,
    };
    let report = Report::new(&manifest, &outcomes, &config, setting, &request);
    write(args, &report, &manifest, &outcomes)?;
    out::print(&summary(&report, args.out()));
    Ok(())
}

/// How many of the groups the calibration was fitted to; an error unless that was allowed.
fn check_groups(
    args: &EvaluateCapturesArgs,
    manifest: &Manifest,
    config: &FusionConfig,
) -> Result<u64, Failure> {
    let groups = training_groups(&config.calibration, manifest.captures.iter().map(Capture::cluster));
    match groups.first() {
        Some(first) if !args.allow_training_groups => Err(Failure::new(
            Exit::Input,
            "training_groups",
            format!(
                "the calibration was fitted to {} of the groups of this manifest, `{first}` for one: its error rates on them would be too good",
                groups.len()
            ),
            "evaluate other groups, choose them with --split, or say --allow-training-groups; the report then says so",
        )),
        _ => Ok(groups.len() as u64),
    }
}

fn open_log(args: &EvaluateCapturesArgs, setting: &Setting) -> Result<OutcomeLog, Failure> {
    let path = args.out().join(LOG);
    if args.fresh && path.exists() {
        std::fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(OutcomeLog::open(&path, setting)?)
}

/// Analyses what the log does not hold, each thread with models of its own: an engine has one thread.
fn analyse(
    args: &EvaluateCapturesArgs,
    manifest: &Manifest,
    config: &FusionConfig,
    log: OutcomeLog,
    first: AnalysisModels,
) -> Result<Vec<Outcome>, Failure> {
    let open = manifest.captures.iter().filter(|capture| log.outcome(capture).is_none()).count();
    eprintln!("{open} of {} captures to analyse", manifest.captures.len());
    let mut sets = vec![first];
    for _ in 1..jobs(args.jobs).min(open) {
        sets.push(models::load(&args.assets, &args.texture)?);
    }
    let progress = progress::of_captures(open as u64);
    let outcomes = presentation::run(manifest, &sets, config, log, || progress.inc(1))?;
    progress.finish_and_clear();
    for (capture, outcome) in manifest.captures.iter().zip(&outcomes) {
        if let (false, Some(reason)) = (outcome.is_analysed(), outcome.reasons.first()) {
            eprintln!("warning: {} was not analysed: {}", capture.id, reason.message);
        }
    }
    Ok(outcomes)
}

fn write(
    args: &EvaluateCapturesArgs,
    report: &Report,
    manifest: &Manifest,
    outcomes: &[Outcome],
) -> Result<(), Failure> {
    let put = |name: &str, bytes: &[u8]| {
        let path = args.out().join(name);
        std::fs::write(&path, bytes).map_err(|error| cannot_write(&path, &error))
    };
    let thumbnails = args.embed_images.then(|| Thumbnails::of(report, manifest));
    put("scores.csv", &presentation::write_scores(manifest, outcomes))?;
    put("report.json", report.to_json().as_bytes())?;
    put("report.html", presentation::html(report, manifest, outcomes, thumbnails.as_ref()).as_bytes())
}

/// The main figures for the terminal.
fn summary(report: &Report, folder: &Path) -> String {
    let (counts, decisions) = (report.captures, &report.metrics.decisions);
    let mut text = format!(
        "{} captures of people, {} of attacks; {} could not be analysed\n",
        counts.live, counts.spoof, counts.not_analysed
    );
    for species in &decisions.species {
        let _ = writeln!(text, "  {:<32} {}", format!("APCER {}", species.attack_type), told(&species.apcer));
    }
    let _ = writeln!(text, "  {:<32} {}", "BPCER (called spoof)", told(&decisions.bpcer));
    let _ = writeln!(text, "  {:<32} {}", "people not called real", told(&decisions.live_not_accepted));
    if let Some(thresholds) = &report.metrics.thresholds {
        let _ = writeln!(text, "  {:<32} {}", "EER", told(&thresholds.eer));
        let pooled = told(&thresholds.at_bpcer_5.apcer_pooled);
        let _ = writeln!(text, "  {:<32} {pooled}", "APCER at BPCER 5 %, pooled");
    }
    let _ = writeln!(text, "{}", folder.join("report.html").display());
    text
}

/// A figure in one line.
fn told(figure: &Figure) -> String {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let mut text = figure.share.map_or_else(|| "-".to_owned(), |share| percent(share) + " %");
    if let (Some(count), Some(of)) = (figure.count, figure.of) {
        let _ = write!(text, "  {count} of {of}");
    }
    if let (Some(low), Some(high)) = (figure.low, figure.high) {
        let _ = write!(text, "  ({} to {} %)", percent(low), percent(high));
    }
    text
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::new(Exit::Input, "table_unusable", error.to_string(), error.hint())
    }
}

impl From<OutcomeLogError> for Failure {
    fn from(error: OutcomeLogError) -> Self {
        let hint = match error {
            OutcomeLogError::Other { .. } => {
                "name another folder with --out, or begin anew in this one with --fresh"
            }
            _ => {
                "name a folder that can be written with --out; if the log is damaged, begin anew with --fresh"
            }
        };
        Self::new(Exit::Input, "log_unusable", chain(&error), hint)
    }
}
