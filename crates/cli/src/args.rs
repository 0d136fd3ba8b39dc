//! What can be typed.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::capture::CameraSpec;
use clap::{Args, Parser, Subcommand, ValueEnum};
use verilume_capture::CaptureConfig;
use verilume_eval::flash::Evidence;
use verilume_eval::flash::evaluation::Seeds;
use verilume_liveness::fusion::OperatingMode;
use verilume_protocol::challenge::FlashProfile;
use verilume_sim::{CameraParams, Device, ShapeSet, Species, UnknownSpeciesError};

use crate::audit::AuditArgs;
use crate::backup::BackupArgs;
use crate::compare::CompareArgs;
use crate::config::ConfigArgs;
use crate::demo::DemoArgs;
use crate::doctor::DoctorArgs;
use crate::erase::EraseArgs;
use crate::evaluate::{EvaluatePairsArgs, EvaluatePeripheryArgs};
use crate::keys::KeysArgs;
use crate::restore::RestoreArgs;
use crate::serve::ServeArgs;

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
  5  the service: its data folder cannot be used, its address not listened on, or it could not be reached
  6  for capture: it ended without a result
  1  anything else";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a recorded video, an image or a folder of frames for liveness evidence.
    Check(CheckArgs),
    /// Compare two pictures: do they show one person?
    Compare(CompareArgs),
    /// Simulate checks before a flashing screen, by people and by attacks, and count the outcomes.
    Simulate(SimulateArgs),
    /// Explain one recorded check before a flashing screen: a page with every test, drawn and in words.
    Explain(ExplainArgs),
    /// Measure error rates on labelled captures, by ISO/IEC 30107-3.
    #[command(after_help = EVALUATE_HELP)]
    Evaluate(EvaluateArgs),
    /// Fit the fusion to the scores of an evaluation.
    Calibrate(CalibrateArgs),
    /// Capture as a device does, with a simulated camera or a video, against a running service.
    Capture(CaptureArgs),
    /// Measure the models and the stages of the pipeline on this machine.
    Bench(BenchArgs),
    /// Run the service: app servers create sessions, devices stream captures, the service decides.
    Serve(ServeArgs),
    /// Run the service with a page that tries everything out: a check, and what the app server reads of it.
    Demo(DemoArgs),
    /// Make keys for app servers.
    Keys(KeysArgs),
    /// Check and show how the service is configured.
    Config(ConfigArgs),
    /// Check that everything is there that the service needs, and say what is to be done.
    Doctor(DoctorArgs),
    /// The record of who read, changed or erased what.
    Audit(AuditArgs),
    /// Erase a session, or every session of a device or a user, while the service runs.
    Erase(EraseArgs),
    /// Copy a data folder into one file, while the service runs.
    Backup(BackupArgs),
    /// Put a backup into an empty data folder.
    Restore(RestoreArgs),
}

/// Where the weights are.
#[derive(Debug, Args)]
pub(crate) struct AssetsArgs {
    /// Folder that `cargo xtask assets` filled [default: the nearest `assets` above the working folder or the program].
    #[arg(long, value_name = "DIR", env = "VERILUME_ASSETS")]
    pub(crate) assets: Option<PathBuf>,
}

/// Which texture networks look at the face.
#[derive(Debug, Args)]
pub(crate) struct TextureArgs {
    /// Texture networks in the place of the built-in pair (docs/howto/use-another-texture-model.md); what their score is
    /// worth, only a calibration says that was fitted with them.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) texture_model: Option<PathBuf>,
}

/// How to decide.
#[derive(Debug, Args)]
pub(crate) struct FusionArgs {
    /// Calibration that `verilume calibrate` wrote [default: the one that is built in].
    #[arg(long, value_name = "FILE.json")]
    pub(crate) calibration: Option<PathBuf>,
    /// Which of the calibration's operating points decides.
    #[arg(long, value_enum, value_name = "POINT", default_value_t = OperatingPointArg::Balanced)]
    pub(crate) operating_point: OperatingPointArg,
}

/// An operating point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OperatingPointArg {
    /// Few people are turned away.
    Convenient,
    /// Between both.
    Balanced,
    /// Few attacks get through.
    Strict,
}

impl From<OperatingPointArg> for OperatingMode {
    fn from(point: OperatingPointArg) -> Self {
        match point {
            OperatingPointArg::Convenient => Self::Convenient,
            OperatingPointArg::Balanced => Self::Balanced,
            OperatingPointArg::Strict => Self::Strict,
        }
    }
}

impl fmt::Display for OperatingPointArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OperatingMode::from(*self).name())
    }
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
    pub(crate) fusion: FusionArgs,
    #[command(flatten)]
    pub(crate) texture: TextureArgs,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Who or what is before the camera: bona-fide, or an attack (a wrong name lists them all).
    #[arg(long, value_name = "NAME", value_parser = species)]
    pub(crate) species: Species,
    /// How many checks.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) sessions: u64,
    /// Seed of the first; the others follow it one by one.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Illuminance of the room [default: drawn between 50 and 500 lx].
    #[arg(long, value_name = "LUX", value_parser = illuminance)]
    pub(crate) lux: Option<f32>,
    /// What the check runs on.
    #[arg(long, value_enum, default_value_t = DeviceArg::Phone)]
    pub(crate) device: DeviceArg,
    /// Timing and light of the challenge.
    #[arg(long, value_enum, default_value_t = ProfileArg::Standard)]
    pub(crate) profile: ProfileArg,
    /// What of the camera's frames is judged: every one, or what the capture core sends of them.
    #[arg(long, value_enum, default_value_t = EvidenceArg::EveryFrame, conflicts_with_all = ["record", "video"])]
    pub(crate) evidence: EvidenceArg,
    /// Quality of the JPEG that every frame goes through.
    #[arg(long, value_name = "Q", default_value_t = CameraParams::CAPTURE_QUALITY, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) jpeg_quality: u8,
    /// Shapes that the heads may draw: the detector is tuned on set a and reported on set b.
    #[arg(long, value_enum, default_value_t = ShapesArg::All)]
    pub(crate) shapes: ShapesArg,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Print the counts as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write each check as a session into DIR/SPECIES-SEED, for `verilume explain` (on one thread).
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
    /// Write each check as a film with the screen's colours beside it into DIR: MP4 where an ffmpeg is on PATH, else a
    /// sheet of stills as PNG (on one thread).
    #[arg(long, value_name = "DIR")]
    pub(crate) video: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A recorded session: a folder that `verilume simulate --record` wrote.
    #[arg(value_name = "SESSION_DIR")]
    pub(crate) session: PathBuf,
    /// Where the page is written [default: SESSION_DIR/explanation.html].
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,
    /// Print the outcome, the tests and the measurements as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

/// How many threads to use.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    match asked {
        Some(jobs) => jobs.into(),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

const EVALUATE_HELP: &str = "MANIFEST.csv has a header. Columns: path and label (live or spoof), and where known \
attack_type, subject, group, capture, timestamp_ms, split. Rows with one value of `capture` are the frames of one \
capture.

`verilume evaluate flash --help` tells of the evaluation on simulated checks.";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct EvaluateArgs {
    #[command(subcommand)]
    pub(crate) simulated: Option<EvaluateCommand>,
    #[command(flatten)]
    pub(crate) captures: EvaluateCapturesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateCapturesArgs {
    /// The captures and what they truly are (docs/howto/evaluate-your-own-captures.md).
    #[arg(value_name = "MANIFEST.csv", required = true)]
    manifest: Option<PathBuf>,
    /// Folder for report.html, report.json, scores.csv and the log, from which a run that was stopped goes on.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Evaluate the captures of this split only.
    #[arg(long, value_name = "NAME")]
    pub(crate) split: Option<String>,
    /// Also give the rates of each value of this column: `subject`, `group`, or any other that the manifest has.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// Another system's scores, to put beside these: columns capture or path, and score (higher is more live).
    #[arg(long, value_name = "SCORES.csv")]
    pub(crate) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fusion: FusionArgs,
    /// Judge also groups that the calibration was fitted to; the report says so.
    #[arg(long)]
    pub(crate) allow_training_groups: bool,
    /// Put a small image of every listed failure into report.html, which then shows faces.
    #[arg(long)]
    pub(crate) embed_images: bool,
    /// Forget what is already analysed in DIR.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) texture: TextureArgs,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

impl EvaluateCapturesArgs {
    /// The captures and what they truly are.
    pub(crate) fn manifest(&self) -> &Path {
        self.manifest.as_deref().expect("required unless a subcommand is given")
    }

    /// The folder of the report.
    pub(crate) fn out(&self) -> &Path {
        self.out.as_deref().expect("required unless a subcommand is given")
    }
}

#[derive(Debug, Args)]
pub(crate) struct CaptureArgs {
    /// The service, as https://HOST:PORT or http://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// PEM file with the certificates to trust: that of a service with a self-signed one, say [default: the system's].
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) pass: PassArgs,
    /// `sim:SEED[,species=NAME][,lux=LUX][,turned=DEGREES]` for a simulated person or attack that sees the screen,
    /// `video:FILE` for a recording.
    #[arg(long, value_name = "CAMERA")]
    pub(crate) camera: CameraSpec,
    /// Picture of the person who is expected: creates a session that compares with it. Needs --key.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub(crate) reference: Option<PathBuf>,
    /// Send at most 500 kB an attempt.
    #[arg(long)]
    pub(crate) low_bandwidth: bool,
    /// Print what came out as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

/// What opens the stream.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PassArgs {
    /// The session's authToken.
    #[arg(long, value_name = "TOKEN", env = "VERILUME_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// A key with the scope `sessions`: creates the session too, and tells what an app server reads in the end.
    #[arg(long, value_name = "KEY", env = "VERILUME_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The scores.csv of `verilume evaluate`.
    #[arg(value_name = "SCORES.csv")]
    pub(crate) scores: PathBuf,
    /// Where the calibration is written.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: PathBuf,
    /// Parts of the cross-validation; no group is ever in two of them.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub(crate) folds: u16,
    /// Fit to this split only and measure the expected error rates on the others.
    #[arg(long, value_name = "NAME")]
    pub(crate) train_split: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvaluateCommand {
    /// The flashing light model on simulated people and attacks. A run that was stopped goes on where it was.
    Flash(EvaluateFlashArgs),
    /// The static image model on simulated holds before the flashes.
    Periphery(EvaluatePeripheryArgs),
    /// Comparison of faces, on pairs of pictures of one person and of two.
    Pairs(EvaluatePairsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateFlashArgs {
    /// Whose seeds: a for tuning, b for the report.
    #[arg(long, value_enum, default_value_t = SeedsArg::B)]
    pub(crate) seeds: SeedsArg,
    /// Sessions of people for each light level.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) bona_fide: u64,
    /// Sessions of each attack species, spread over its light levels.
    #[arg(long, value_name = "N", default_value_t = 201)]
    pub(crate) attacks: u64,
    /// Where finished sessions are kept, one line of JSON each.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) log: PathBuf,
    /// Write the report into this file, Markdown [default: standard output].
    #[arg(long, value_name = "FILE.md")]
    pub(crate) report: Option<PathBuf>,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) assets: AssetsArgs,
}

/// A range of seeds with its own heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeedsArg {
    /// 0 to 399999, for tuning.
    A,
    /// 400000 to 499999, for the report.
    B,
}

impl From<SeedsArg> for Seeds {
    fn from(seeds: SeedsArg) -> Self {
        match seeds {
            SeedsArg::A => Self::A,
            SeedsArg::B => Self::B,
        }
    }
}

/// A device to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceArg {
    /// A 6.1-inch phone in the hand.
    Phone,
    /// An 11-inch tablet in the hand.
    Tablet,
    /// A 13-inch laptop on a desk.
    Laptop,
}

impl From<DeviceArg> for Device {
    fn from(device: DeviceArg) -> Self {
        match device {
            DeviceArg::Phone => Self::Phone,
            DeviceArg::Tablet => Self::Tablet,
            DeviceArg::Laptop => Self::Laptop,
        }
    }
}

impl fmt::Display for DeviceArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Laptop => "laptop",
        })
    }
}

/// A named profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileArg {
    /// 12 slots of 330 ms.
    Standard,
    /// 12 slots of 250 ms.
    Fast,
    /// 12 slots of 500 ms.
    Calm,
    /// The slots of calm at half the contrast.
    Soft,
}

impl From<ProfileArg> for FlashProfile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Standard => Self::standard(),
            ProfileArg::Fast => Self::fast(),
            ProfileArg::Calm => Self::calm(),
            ProfileArg::Soft => Self::soft(),
        }
    }
}

/// What of the camera's frames is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvidenceArg {
    /// Every frame, whole.
    EveryFrame,
    /// What the capture core sends: at most 1.5 MB a check.
    Standard,
    /// What it sends where connections carry little: at most 500 kB.
    LowBandwidth,
}

impl From<EvidenceArg> for Evidence {
    fn from(evidence: EvidenceArg) -> Self {
        match evidence {
            EvidenceArg::EveryFrame => Self::EveryFrame,
            EvidenceArg::Standard => Self::Sent(CaptureConfig::default()),
            EvidenceArg::LowBandwidth => Self::Sent(CaptureConfig::low_bandwidth()),
        }
    }
}

impl fmt::Display for EvidenceArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EveryFrame => "every-frame",
            Self::Standard => "standard",
            Self::LowBandwidth => "low-bandwidth",
        })
    }
}

/// A set of head shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShapesArg {
    /// Any.
    All,
    /// Those for tuning.
    A,
    /// Those for the report.
    B,
}

impl From<ShapesArg> for ShapeSet {
    fn from(shapes: ShapesArg) -> Self {
        match shapes {
            ShapesArg::All => Self::All,
            ShapesArg::A => Self::A,
            ShapesArg::B => Self::B,
        }
    }
}

pub(crate) fn species(name: &str) -> Result<Species, String> {
    name.parse().map_err(|error: UnknownSpeciesError| {
        format!("{error}; there are {}", Species::ALL.map(Species::name).join(", "))
    })
}

pub(crate) fn illuminance(text: &str) -> Result<f32, String> {
    let lux: f32 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.1..=100_000.0).contains(&lux) { Ok(lux) } else { Err("must be between 0.1 and 100000".to_owned()) }
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Video to measure on [default: the carphone test video among the assets].
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Runs of each model and frames of each stage.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(5..=100_000))]
    pub(crate) runs: u32,
    /// Also run this many simulated people against a service of its own, each takes seven seconds, and three at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) service: Option<u32>,
    /// Measure the session API instead: 200 callers who create and read sessions for so many seconds.
    #[arg(long, value_name = "SECS", value_parser = clap::value_parser!(u32).range(1..=3600), conflicts_with_all = ["service", "compare"])]
    pub(crate) api: Option<u32>,
    /// With --api: the PostgreSQL database to measure on, instead of SQLite in a temporary folder.
    #[arg(long, value_name = "URL", requires = "api")]
    pub(crate) postgres: Option<String>,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
