//! Where the weights and the test media are.

use std::path::{Path, PathBuf};

use verilume_infer::Weights;

use crate::args::AssetsArgs;
use crate::failure::{Exit, Failure};

/// The weights: embedded in the binary, or in the assets folder.
#[cfg(not(feature = "embedded-weights"))]
pub(crate) fn weights(args: &AssetsArgs) -> Result<Weights, Failure> {
    Ok(Weights::in_folder(folder(args)?.join("models")))
}

/// The weights: those embedded in the binary, unless a folder is named.
#[cfg(feature = "embedded-weights")]
pub(crate) fn weights(args: &AssetsArgs) -> Result<Weights, Failure> {
    use std::borrow::Cow;

    use verilume_infer::PinnedModel;

    macro_rules! embedded {
        ($($pin:ident $file:literal),* $(,)?) => {
            [$((
                PinnedModel::$pin,
                Cow::Borrowed(include_bytes!(concat!("../../../assets/models/", $file, ".onnx")).as_slice()),
            )),*]
        };
    }
    if args.assets.is_some() {
        return Ok(Weights::in_folder(folder(args)?.join("models")));
    }
    Ok(Weights::in_memory(embedded![
        BLAZEFACE_SHORT "blazeface_short",
        BLAZEFACE_FULL "blazeface_full",
        FACE_MESH "facemesh",
        IRIS "iris",
        SELFIE "selfie",
        MINIFASNET_V2 "minifasnet_v2",
        MINIFASNET_V1SE "minifasnet_v1se",
        FR_LIVENESS "fr_liveness",
        DLIB_RESNET "dlib_resnet",
    ]))
}

/// The assets folder: the one that was named, else the nearest above the working folder or the program.
pub(crate) fn folder(args: &AssetsArgs) -> Result<PathBuf, Failure> {
    if let Some(folder) = &args.assets {
        return Ok(folder.clone());
    }
    let working = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    let starts = working.iter().chain(&program).map(PathBuf::as_path);
    starts
        .flat_map(Path::ancestors)
        .map(|start| start.join("assets"))
        .find(|folder| folder.join("models").is_dir())
        .ok_or_else(|| {
            Failure::new(
                Exit::Assets,
                "assets_missing",
                "no folder `assets` with models was found above the working folder or the program",
                "run `cargo xtask assets` in the repository, or name the folder it filled with --assets DIR",
            )
        })
}
