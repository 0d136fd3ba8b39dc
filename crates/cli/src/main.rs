//! `verilume`: face liveness from the command line.
#![expect(clippy::print_stderr, reason = "a command line program speaks on its terminal")]

mod args;
mod assets;
mod audit;
mod backup;
mod bench;
mod calibrate;
mod capture;
mod check;
mod clock;
mod compare;
mod config;
mod demo;
mod doctor;
mod erase;
mod evaluate;
mod explain;
mod failure;
mod fusion;
mod keys;
mod models;
mod networks;
mod out;
mod pictures;
mod progress;
mod recognition;
mod restore;
mod serve;
mod simulate;
mod store;
mod tls;
mod web;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(args) => check::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Capture(args) => capture::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Erase(args) => erase::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
