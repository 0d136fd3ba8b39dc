//! The project's own chores: `cargo xtask <command>`.
//!
//! A chore is a module with options for the command line and a `run` that other chores call too.

#![expect(clippy::print_stderr, reason = "progress and errors of a command-line tool")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod assets;
mod bench;
mod convert;
mod demo;
mod end_to_end;
mod evaluate_flash;
mod failure;
mod postgres;
mod sdk;
mod shell;
mod test;
mod web;
mod workspace;

/// The project's own chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch, check and convert weights and sample media into assets/
    Assets(assets::Options),
    /// Build the web library into sdk/web/dist/, with its WebAssembly modules and weights
    Web(assets::Options),
    /// Fetch what is missing, build, and try everything out on one page; or unattended, here
    Demo(demo::Options),
    /// Fetch what is missing, then check format, lints and documentation and run every test
    Test(assets::Options),
    /// Show simulated people and attacks whole checks in a real browser, and write the figures into out/
    EndToEnd(assets::Options),
    /// Simulate people and attacks before the flashing screen and write the report on the error rates
    EvaluateFlash(evaluate_flash::Options),
    /// Measure the models and the pipeline beside ONNX Runtime, in one run
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Assets(options) => assets::run(&options),
        Command::Web(options) => web::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::EndToEnd(options) => end_to_end::run(&options),
        Command::EvaluateFlash(options) => evaluate_flash::run(options),
        Command::Bench(options) => bench::run(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod command_line {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
