//! `verilume evaluate flash`: the error rates of the flashing light model on simulated people and attacks.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use verilume_eval::flash::evaluation::{self, EvaluationError, LogError, Plan, SessionLog};

use crate::args::{EvaluateFlashArgs, jobs};
use crate::failure::{Exit, Failure, cannot_write};
use crate::{out, simulate};

pub(crate) fn flash(args: &EvaluateFlashArgs) -> Result<(), Failure> {
    let simulator = simulate::load(&args.assets)?;
    let seeds = args.seeds.into();
    let plan = Plan::new(seeds, args.bona_fide, args.attacks);
    let log = SessionLog::open(&args.log, seeds, simulator.config()).map_err(EvaluationError::from)?;
    let progress = progress_bar(plan.sessions().filter(|(_, seed)| !log.holds(*seed)).count() as u64);
    let log = evaluation::run(&simulator, &plan, log, jobs(args.jobs), || progress.inc(1))?;
    progress.finish_and_clear();
    let report = evaluation::report(&plan, log.sessions(), simulator.config());
    match &args.report {
        Some(path) => std::fs::write(path, report).map_err(|error| cannot_write(path, &error)),
        None => {
            out::print(&report);
            Ok(())
        }
    }
}

fn progress_bar(sessions: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} sessions, {eta} left");
    ProgressBar::new(sessions).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        match error {
            EvaluationError::Model(error) => error.into(),
            EvaluationError::Log(error) => log_failure(&error),
            other => Self::new(Exit::Other, "evaluation_failed", other.to_string(), "run it again"),
        }
    }
}

fn log_failure(error: &LogError) -> Failure {
    let hint = match error {
        LogError::Other { .. } => "name another file with --log, or remove this one to begin anew",
        _ => "name a file that can be written with --log; if it is damaged, remove it to begin anew",
    };
    Failure::new(Exit::Input, "log_unusable", chain(error), hint)
}

fn chain(error: &LogError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
