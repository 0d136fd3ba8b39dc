//! `verilume evaluate flash`: the error rates of the flashing light model on simulated people and attacks.

use verilume_eval::flash::evaluation::{self, EvaluationError, LogError, Plan, SessionLog};

use super::deliver;
use crate::args::{EvaluateFlashArgs, jobs};
use crate::failure::{Exit, Failure, chain};
use crate::{progress, simulate};

pub(super) fn run(args: &EvaluateFlashArgs) -> Result<(), Failure> {
    let simulator = simulate::load(&args.assets)?;
    let seeds = args.seeds.into();
    let plan = Plan::new(seeds, args.bona_fide, args.attacks);
    let log = SessionLog::open(&args.log, seeds, simulator.config()).map_err(EvaluationError::from)?;
    let progress =
        progress::of_sessions(plan.sessions().filter(|(_, seed)| !log.holds(*seed)).count() as u64);
    let log = evaluation::run(&simulator, &plan, log, jobs(args.jobs), || progress.inc(1))?;
    progress.finish_and_clear();
    deliver(&evaluation::report(&plan, log.sessions(), simulator.config()), args.report.as_deref())
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
