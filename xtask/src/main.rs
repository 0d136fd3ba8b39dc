//! The project's own chores: `cargo xtask <command>`.
//!
//! A chore is a module with options for the command line and a `run` that other chores call too.

#![expect(clippy::print_stderr, reason = "progress and errors of a command-line tool")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod assets;
mod convert;
mod failure;
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
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Assets(options) => assets::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
