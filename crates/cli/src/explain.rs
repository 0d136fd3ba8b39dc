//! `verilume explain`: one recorded check before a flashing screen, as a page.

use verilume_eval::flash::explain::Explanation;
use verilume_eval::flash::load_models;
use verilume_eval::flash::recording::{self, ReplayError};
use verilume_infer::Engine;
use verilume_liveness::flash::{ExtractConfig, FlashConfig};

use crate::args::ExplainArgs;
use crate::failure::{Exit, Failure, cannot_write};
use crate::{assets, out};

pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    explain(args).map_err(|failure| failure.told_as_json(args.json))
}

fn explain(args: &ExplainArgs) -> Result<(), Failure> {
    // The session first: a wrong path is told at once, not after the networks were loaded.
    let session = recording::open(&args.session)?;
    let models = load_models(&Engine::rten(), &assets::weights(&args.assets)?)?;
    let config = FlashConfig::default();
    let replay = recording::replay(session, &models, ExtractConfig::default(), &config)?;
    let explanation = Explanation::of(&replay, &config);
    let path = args.out.clone().unwrap_or_else(|| args.session.join("explanation.html"));
    std::fs::write(&path, explanation.html()).map_err(|error| cannot_write(&path, &error))?;
    if args.json {
        let text = serde_json::to_string_pretty(&replay.report).expect("a report has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        let simulated = if explanation.simulation.is_some() { "simulated session: " } else { "" };
        out::print(&format!("{simulated}{}\n{}\n", explanation.sentence(), path.display()));
    }
    Ok(())
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Recording(error) => error.into(),
            ReplayError::Model(error) => error.into(),
            other => Self::new(Exit::Other, "explain_failed", other.to_string(), "run it again"),
        }
    }
}
