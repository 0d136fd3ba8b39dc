//! The reader of portraits, with the operator's own embedding network if one is named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use verilume_infer::{DetectorRange, Engine, face_models};
use verilume_recognition::{
    Calibration, Embedder, EmbedderSpec, PortraitReader, QualityConfig, RecognitionError,
    RecognitionErrorKind,
};

use crate::args::AssetsArgs;
use crate::assets;
use crate::failure::{Exit, Failure, REPORT, chain};

/// The largest ONNX file of an embedding network, bytes. Origin: ten times the largest published ones.
const LARGEST_ONNX: u64 = 2 << 30;

/// How faces are compared.
#[derive(Debug, Args)]
pub(crate) struct RecognitionArgs {
    /// Embedding network in the place of the built-in one (docs/concepts/recognition.md). Without a calibration of its
    /// own there are distances, but no confidence.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) embedder: Option<PathBuf>,
    /// Calibration that `verilume evaluate pairs --calibrate` wrote [default: that of the built-in network].
    #[arg(long, value_name = "FILE.json")]
    pub(crate) face_calibration: Option<PathBuf>,
}

/// Loads the networks.
pub(crate) fn reader(args: &RecognitionArgs, assets: &AssetsArgs) -> Result<PortraitReader, Failure> {
    let engine = Engine::rten();
    let weights = assets::weights(assets)?;
    let embedder = match &args.embedder {
        None => Embedder::load(&engine, &weights)?,
        Some(path) => declared(&engine, path)?,
    };
    let models = Arc::new(face_models(&engine, &weights, DetectorRange::Full)?);
    Ok(PortraitReader::new(models, embedder, QualityConfig::default()))
}

/// The calibration of the network; `None` for another network without one.
pub(crate) fn calibration(
    args: &RecognitionArgs,
    embedder: &Embedder,
) -> Result<Option<Calibration>, Failure> {
    let calibration = match &args.face_calibration {
        None => Calibration::shipped(),
        Some(path) => read_calibration(path)?,
    };
    match (calibration.is_of(embedder), &args.face_calibration) {
        (true, _) => Ok(Some(calibration)),
        (false, None) => Ok(None),
        (false, Some(path)) => Err(Failure::new(
            Exit::Input,
            "calibration_unusable",
            format!("{} was fitted with another network than {}", path.display(), embedder.spec().name),
            "fit one with `verilume evaluate pairs --calibrate` and the same --embedder",
        )),
    }
}

/// Reads a calibration.
pub(crate) fn read_calibration(path: &Path) -> Result<Calibration, Failure> {
    let refused = |problem: String| {
        let hint = "name a file that `verilume evaluate pairs --calibrate` wrote";
        Failure::new(Exit::Input, "calibration_unusable", format!("{}: {problem}", path.display()), hint)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    Calibration::from_json(&text).map_err(|error| refused(chain(&error)))
}

fn declared(engine: &Engine, path: &Path) -> Result<Embedder, Failure> {
    let (spec, onnx) = read_declared(path)?;
    Embedder::of(engine, spec, onnx).map_err(|error| unusable(path, &chain(&error)))
}

fn unusable(path: &Path, problem: &str) -> Failure {
    let hint = "docs/concepts/recognition.md says what a declaration holds";
    Failure::new(Exit::Input, "embedder_unusable", format!("{}: {problem}", path.display()), hint)
}

/// Reads a declaration and the file that it names.
pub(crate) fn read_declared(path: &Path) -> Result<(EmbedderSpec, Vec<u8>), Failure> {
    let refused = |problem: String| unusable(path, &problem);
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let spec: EmbedderSpec = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let file = path.parent().unwrap_or(Path::new(".")).join(&spec.file);
    let onnx = read(&file).map_err(|error| refused(format!("{}: {error}", spec.file.display())))?;
    Ok((spec, onnx))
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::metadata(file)?.len();
    if bytes > LARGEST_ONNX {
        return Err(std::io::Error::other(format!("{bytes} bytes are more than an embedding network has")));
    }
    std::fs::read(file)
}

impl From<RecognitionError> for Failure {
    fn from(error: RecognitionError) -> Self {
        let message = chain(&error);
        match error.kind() {
            RecognitionErrorKind::TooFewPeople => Self::new(
                Exit::Input,
                "too_few_people",
                message,
                "a calibration takes pictures of many different people: add pairs to the list",
            ),
            _ => match error.into_infer_error() {
                Some(error) => error.into(),
                None => Self::new(Exit::Other, "model_failed", message, REPORT),
            },
        }
    }
}
