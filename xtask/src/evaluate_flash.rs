//! `cargo xtask evaluate-flash`: the report on the flashing light model, from simulated sessions.

use crate::assets;
use crate::shell::{Shell, say};

/// What to evaluate on.
#[derive(Debug, clap::Args)]
#[group(id = "evaluate-flash")]
pub(crate) struct Options {
    #[command(flatten)]
    assets: assets::Options,
    /// Simulate seeds A, for tuning, and write the report beside the log instead of into docs/
    #[arg(long)]
    tune: bool,
    /// Passed on to `verilume evaluate flash`: --attacks N, --bona-fide N, --jobs N
    #[arg(last = true)]
    extra: Vec<String>,
}

/// Simulates what is missing (a stopped run goes on) and writes docs/reference/flash-evaluation.md.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    assets::run(&options.assets)?;
    let shell = Shell::at_workspace_root()?;
    let (seeds, log, report) = match options.tune {
        true => ("a", "out/flash-evaluation/a.jsonl", "out/flash-evaluation/a.md"),
        false => ("b", "out/flash-evaluation/b.jsonl", "docs/reference/flash-evaluation.md"),
    };
    let mut args = vec!["evaluate", "flash", "--seeds", seeds, "--log", log, "--report", report];
    args.extend(options.extra.iter().map(String::as_str));
    shell.verilume(&[], &args)?;
    say(&format!("report: {report}"));
    Ok(())
}
