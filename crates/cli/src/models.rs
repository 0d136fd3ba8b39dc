//! The models of the pipeline, with the operator's own texture networks if some are named.

use std::path::Path;

use serde::Deserialize;
use verilume_eval::AnalysisModels;
use verilume_infer::{Engine, InferError, TextureSpec, TextureSpoofModel};

use crate::args::{AssetsArgs, TextureArgs};
use crate::assets;
use crate::failure::{Exit, Failure, chain};

/// The largest ONNX file of a texture network, bytes. Origin: ten times the largest published ones.
const LARGEST_ONNX: u64 = 512 << 20;

/// A declaration of texture networks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    networks: Vec<TextureSpec>,
}

/// Loads the models.
pub(crate) fn load(assets: &AssetsArgs, texture: &TextureArgs) -> Result<AnalysisModels, Failure> {
    let engine = Engine::rten();
    let models = AnalysisModels::load(&engine, &assets::weights(assets)?)?;
    match &texture.texture_model {
        None => Ok(models),
        Some(path) => Ok(models.with_texture(declared(&engine, path)?)),
    }
}

fn declared(engine: &Engine, path: &Path) -> Result<TextureSpoofModel, Failure> {
    let networks = read_declared(path)?;
    TextureSpoofModel::of(engine, networks).map_err(|error: InferError| unusable(path, &chain(&error)))
}

fn unusable(path: &Path, problem: &str) -> Failure {
    let hint = "docs/howto/use-another-texture-model.md says what a declaration holds";
    Failure::new(Exit::Input, "texture_model_unusable", format!("{}: {problem}", path.display()), hint)
}

/// Reads a declaration and the files that it names.
pub(crate) fn read_declared(path: &Path) -> Result<Vec<(TextureSpec, Vec<u8>)>, Failure> {
    let refused = |problem: String| unusable(path, &problem);
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let declaration: Declaration = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut networks = Vec::new();
    for spec in declaration.networks {
        let file = folder.join(&spec.file);
        let onnx = read(&file).map_err(|error| refused(format!("{}: {error}", spec.file.display())))?;
        networks.push((spec, onnx));
    }
    Ok(networks)
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::metadata(file)?.len();
    if bytes > LARGEST_ONNX {
        return Err(std::io::Error::other(format!("{bytes} bytes are more than a texture network has")));
    }
    std::fs::read(file)
}
