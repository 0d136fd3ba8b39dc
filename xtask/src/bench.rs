//! `cargo xtask bench`: `verilume bench` beside ONNX Runtime, in one run.

use anyhow::Context as _;

use crate::assets;
use crate::shell::Shell;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    assets: assets::Options,
    /// Passed on to `verilume bench`
    #[arg(last = true)]
    extra: Vec<String>,
}

/// Fetches ONNX Runtime's library, builds with the second engine and measures both in turn.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    assets::run(&options.assets.with(assets::Group::Bench))?;
    let shell = Shell::at_workspace_root()?;
    let library = shell.path("assets/bench/libonnxruntime.so");
    let shell = shell.with("ORT_DYLIB_PATH", library.to_string_lossy());
    shell.cargo(&["build", "--release", "--package", "verilume", "--features", "ort"])?;
    let program = shell.path("target/release/verilume");
    let program = program.to_str().context("the path of the repository is not valid UTF-8")?;
    let mut args = vec!["bench", "--compare", "onnxruntime"];
    args.extend(options.extra.iter().map(String::as_str));
    shell.run(program, &args)
}
