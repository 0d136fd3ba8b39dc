//! `verilume evaluate`: error rates, on labelled captures, on simulated checks or on pairs of pictures.

mod captures;
mod flash;
mod pairs;
mod periphery;

use std::path::Path;

use crate::args::{EvaluateArgs, EvaluateCommand};
use crate::failure::{Failure, cannot_write};
use crate::out;

pub(crate) use pairs::EvaluatePairsArgs;
pub(crate) use periphery::EvaluatePeripheryArgs;

pub(crate) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    match &args.simulated {
        Some(EvaluateCommand::Flash(args)) => flash::run(args),
        Some(EvaluateCommand::Periphery(args)) => periphery::run(args),
        Some(EvaluateCommand::Pairs(args)) => pairs::run(args),
        None => captures::run(&args.captures),
    }
}

/// Into the file, or onto standard output.
fn deliver(report: &str, path: Option<&Path>) -> Result<(), Failure> {
    match path {
        Some(path) => std::fs::write(path, report).map_err(|error| cannot_write(path, &error)),
        None => {
            out::print(report);
            Ok(())
        }
    }
}
