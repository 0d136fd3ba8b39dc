//! Pinned weights: which files exist, and what their bytes must hash to.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::{InferError, InferErrorKind};

/// A weights file with a pinned hash. `assets.lock.toml` says where each comes from and under which licence; a test
/// holds the two together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinnedModel {
    /// Stable name, shown in reports.
    pub name: &'static str,
    /// File name in the models folder.
    pub file: &'static str,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: &'static str,
}

macro_rules! pins {
    ($($(#[$doc:meta])* $konst:ident = $name:literal, $sha256:literal;)*) => {
        impl PinnedModel {
            $($(#[$doc])* pub const $konst: Self =
                Self { name: $name, file: concat!($name, ".onnx"), sha256: $sha256 };)*

            /// Every pinned model.
            pub const ALL: &'static [Self] = &[$(Self::$konst),*];
        }
    };
}

pins! {
    /// BlazeFace, 128 x 128, for faces within about two metres of a phone.
    BLAZEFACE_SHORT = "blazeface_short", "0";
    /// BlazeFace, 192 x 192, for small and distant faces too.
    BLAZEFACE_FULL = "blazeface_full", "0";
    /// The 468-point face mesh, 192 x 192.
    FACE_MESH = "facemesh", "0";
    /// Lid contour and iris, 64 x 64.
    IRIS = "iris", "0";
    /// Person against background, 256 x 256.
    SELFIE = "selfie", "0";
    /// Texture, crop of 2.7 face boxes, 80 x 80.
    MINIFASNET_V2 = "minifasnet_v2", "0";
    /// Texture, crop of 4.0 face boxes, 80 x 80.
    MINIFASNET_V1SE = "minifasnet_v1se", "0";
}

/// A folder that holds pinned weights.
#[derive(Debug, Clone)]
pub struct WeightsDir {
    folder: PathBuf,
}

impl WeightsDir {
    /// A folder of weights; nothing is read yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes of a model, checked against its pin.
    pub fn read(&self, model: PinnedModel) -> Result<Vec<u8>, InferError> {
        let path = self.folder.join(model.file);
        let bytes = std::fs::read(&path).map_err(|error| {
            let kind = match error.kind() {
                ErrorKind::NotFound => InferErrorKind::WeightsMissing,
                _ => InferErrorKind::WeightsUnreadable,
            };
            InferError::caused_by(kind, format!("weights of {} are not at {}", model.name, path.display()), error)
        })?;
        let sha256 = hex(&Sha256::digest(&bytes));
        if sha256 != model.sha256 {
            return Err(InferError::new(
                InferErrorKind::WeightsMismatch,
                format!("{} hashes to {sha256}, not to the pinned {}", path.display(), model.sha256),
            ));
        }
        Ok(bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_wrong_hash_are_told_apart() {
        let folder = std::env::temp_dir().join(format!("verilume-pins-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let weights = WeightsDir::new(&folder);
        let missing = weights.read(PinnedModel::IRIS).unwrap_err();
        std::fs::write(folder.join(PinnedModel::IRIS.file), b"not a model").unwrap();
        let wrong = weights.read(PinnedModel::IRIS).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(missing.kind(), InferErrorKind::WeightsMissing);
        assert_eq!(wrong.kind(), InferErrorKind::WeightsMismatch);
    }
}
