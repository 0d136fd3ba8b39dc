//! `verilume evaluate`: error rates, on labelled captures or on simulated checks.

mod captures;
mod flash;

use crate::args::{EvaluateArgs, EvaluateCommand};
use crate::failure::Failure;

pub(crate) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    match &args.simulated {
        Some(EvaluateCommand::Flash(args)) => flash::run(args),
        None => captures::run(&args.captures),
    }
}
