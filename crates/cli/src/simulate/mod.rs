//! `verilume simulate`: rendered checks through the real pipeline, and how often each outcome came out.

mod human;
mod keep;

use serde::Serialize;
use verilume_eval::flash::{SimulatedSession, Simulator, Tally, load_models, simulate_all};
use verilume_infer::Engine;
use verilume_sim::{Heads, Range, ScenarioLimits};

use crate::args::{AssetsArgs, SimulateArgs, jobs};
use crate::failure::{Exit, Failure};
use crate::{assets, out, progress};

/// What was simulated and what came out; every figure is a simulated one.
#[derive(Debug, Serialize)]
struct Report {
    species: &'static str,
    #[serde(flatten)]
    tally: Tally,
    /// 95 % intervals (Wilson) of the shares, 0..=1.
    real_interval: (f64, f64),
    spoof_interval: (f64, f64),
    uncertain_interval: (f64, f64),
    seed: u64,
    lux: (f32, f32),
    device: String,
    profile: &'static str,
    jpeg_quality: u8,
    evidence: String,
    /// The median and the most of what a check sent, bytes; null where every frame was judged.
    bytes_sent: Option<(u64, u64)>,
    /// The fewest frames that a check sent.
    fewest_frames_sent: Option<u32>,
    simulated: bool,
    version: &'static str,
}

pub(crate) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    simulate(args).map_err(|failure| failure.told_as_json(args.json))
}

fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    let simulator = load(&args.assets)?;
    let limits = limits(args);
    let seeds: Vec<u64> = (0..args.sessions).map(|at| args.seed.saturating_add(at)).collect();
    let progress = progress::of_sessions(args.sessions);
    let sessions = match keep::Keeper::new(args.record.as_deref(), args.video.as_deref())? {
        Some(keeper) => keeper.simulate(&simulator, &seeds, &limits, || progress.inc(1))?,
        None => simulate_all(&simulator, &seeds, &limits, args.evidence.into(), jobs(args.jobs), || {
            progress.inc(1)
        })?,
    };
    progress.finish_and_clear();
    let report = report(args, &limits, &sessions);
    if args.json {
        let text = serde_json::to_string_pretty(&report).expect("a report has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&human::describe(&report));
        if let Some(folder) = &args.record {
            let first = folder.join(format!("{}-{}", args.species, args.seed));
            out::print(&format!("\nrecorded; the first: verilume explain {}\n", first.display()));
        }
    }
    Ok(())
}

/// The simulator with the heads and networks of the assets folder.
pub(crate) fn load(args: &AssetsArgs) -> Result<Simulator, Failure> {
    let models = load_models(&Engine::rten(), &assets::weights(args)?)?;
    Ok(Simulator::new(heads(args)?, models))
}

pub(crate) fn heads(args: &AssetsArgs) -> Result<Heads, Failure> {
    const HINT: &str =
        "run `cargo xtask assets` in the repository, or name the folder it filled with --assets DIR";
    let path = assets::folder(args)?.join("sim/heads.bin");
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::new(
            Exit::Assets,
            "assets_missing",
            format!("the simulated heads are not at {}: {error}", path.display()),
            HINT,
        )
    })?;
    Heads::read(&bytes)
        .map_err(|error| Failure::new(Exit::Assets, "assets_mismatch", error.to_string(), HINT))
}

/// Median and most of what checks sent.
fn bytes_sent(sessions: &[SimulatedSession]) -> Option<(u64, u64)> {
    let mut bytes: Vec<u64> =
        sessions.iter().filter_map(|session| Some(session.sent.as_ref()?.bytes)).collect();
    bytes.sort_unstable();
    Some((*bytes.get(bytes.len() / 2)?, *bytes.last()?))
}

fn limits(args: &SimulateArgs) -> ScenarioLimits {
    let defaults = ScenarioLimits::default();
    ScenarioLimits {
        species: args.species,
        devices: vec![args.device.into()],
        lux: args.lux.map_or(defaults.lux, Range::exactly),
        profile: args.profile.into(),
        jpeg_quality: Some(args.jpeg_quality),
        shapes: args.shapes.into(),
        ..defaults
    }
}

fn report(args: &SimulateArgs, limits: &ScenarioLimits, sessions: &[SimulatedSession]) -> Report {
    use verilume_eval::flash::Outcome::{Real, Spoof, Uncertain};
    let tally = Tally::of(sessions);
    Report {
        species: args.species.name(),
        real_interval: tally.share(Real).wilson95(),
        spoof_interval: tally.share(Spoof).wilson95(),
        uncertain_interval: tally.share(Uncertain).wilson95(),
        tally,
        seed: args.seed,
        lux: (limits.lux.low, limits.lux.high),
        device: args.device.to_string(),
        profile: limits.profile.name(),
        jpeg_quality: args.jpeg_quality,
        evidence: args.evidence.to_string(),
        bytes_sent: bytes_sent(sessions),
        fewest_frames_sent: sessions.iter().filter_map(|s| Some(s.sent.as_ref()?.frames)).min(),
        simulated: true,
        version: env!("CARGO_PKG_VERSION"),
    }
}
