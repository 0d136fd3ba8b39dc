//! `verilume evaluate periphery`: how often the static image model finds simulated surroundings fixed to the face.

use verilume_eval::AnalysisModels;
use verilume_eval::periphery;
use verilume_infer::Engine;

use super::deliver;
use crate::args::{EvaluatePeripheryArgs, jobs};
use crate::failure::{Failure, cannot_write};
use crate::{assets, progress, simulate};

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
