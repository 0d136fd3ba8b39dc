//! `cargo xtask bench`: `verilume bench` beside ONNX Runtime, in one run.

use crate::assets;
use crate::shell::Shell;

/// What to measure.
#[derive(Debug, clap::Args)]
#[group(id = "bench")]
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
    let mut args = vec!["bench", "--compare", "onnxruntime"];
    args.extend(options.extra.iter().map(String::as_str));
    shell.verilume(&["ort"], &args)
}
