//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Face liveness: is the person in front of the camera really there?
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  done (for check: a decision was made, whatever it is)
  2  unusable arguments
  3  unreadable or unsupported input
  4  assets missing
  1  anything else";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a recorded video, an image or a folder of frames for liveness evidence.
    Check(CheckArgs),
    /// Measure the models and the stages of the pipeline on this machine.
    Bench(BenchArgs),
}

/// Where the weights are.
#[derive(Debug, Args)]
pub(crate) struct AssetsArgs {
    /// Folder that `cargo xtask assets` filled [default: the nearest `assets` above the working folder or the program].
    #[arg(long, value_name = "DIR", env = "VERILUME_ASSETS")]
    pub(crate) assets: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A video, an image, a folder of frames, or `-` for MJPEG or Y4M on standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// Print the report as JSON (docs/reference/check-report.md).
    #[arg(long)]
    pub(crate) json: bool,
    /// Write every frame with face box, mesh, gaze and attention gate drawn into this folder, as PNG.
    #[arg(long, value_name = "DIR")]
    pub(crate) annotate: Option<PathBuf>,
    /// Write the signals over time into this SVG file.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) timeline: Option<PathBuf>,
    /// Frames per second of a folder of frames or of MJPEG, where neither names nor stream tell [default: 30].
    #[arg(long, value_name = "N", value_parser = frames_per_second)]
    pub(crate) fps: Option<f64>,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Video to measure on [default: the carphone test video among the assets].
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Runs of each model and frames of each stage.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(5..=100_000))]
    pub(crate) runs: u32,
    /// Also measure the same models on this engine, in turn with ours.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) compare: Option<Peer>,
    /// Print the figures as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// ONNX Runtime from the library that ORT_DYLIB_PATH names (needs a build with the feature `ort`).
    Onnxruntime,
}

fn frames_per_second(text: &str) -> Result<f64, String> {
    let fps: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.1..=1000.0).contains(&fps) { Ok(fps) } else { Err("must be between 0.1 and 1000".to_owned()) }
}
