//! `verilume evaluate periphery`: how often the static image model finds simulated surroundings fixed to the face.

use std::path::PathBuf;

use clap::Args;
use verilume_eval::AnalysisModels;
use verilume_eval::periphery;
use verilume_infer::Engine;

use super::deliver;
use crate::args::{AssetsArgs, SeedsArg, jobs};
use crate::failure::{Failure, cannot_write};
use crate::{assets, progress, simulate};

#[derive(Debug, Args)]
pub(crate) struct EvaluatePeripheryArgs {
    /// Whose seeds: a for tuning, b for the report.
    #[arg(long, value_enum, default_value_t = SeedsArg::B)]
    pub(crate) seeds: SeedsArg,
    /// Holds of each scene that the model is made for (people and prints), a third as many of the others.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=960))]
    pub(crate) holds: u64,
    /// Write every hold's values into this file, JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) values: Option<PathBuf>,
    /// Write the report into this file, Markdown [default: standard output].
    #[arg(long, value_name = "FILE.md")]
    pub(crate) report: Option<PathBuf>,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

pub(super) fn run(args: &EvaluatePeripheryArgs) -> Result<(), Failure> {
    let heads = simulate::heads(&args.assets)?;
    let models = AnalysisModels::load(&Engine::rten(), &assets::weights(&args.assets)?)?;
    let seeds = args.seeds.into();
    let plan = periphery::plan(seeds, args.holds);
    let progress = progress::of_sessions(plan.len() as u64);
    let holds = periphery::run(&heads, &models, seeds, &plan, jobs(args.jobs), || progress.inc(1))?;
    progress.finish_and_clear();
    if let Some(path) = &args.values {
        let text = serde_json::to_string(&holds).expect("holds have only plain fields");
        std::fs::write(path, text).map_err(|error| cannot_write(path, &error))?;
    }
    deliver(&periphery::report(&holds, seeds), args.report.as_deref())
}
