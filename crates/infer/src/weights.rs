//! Pinned weights: which files exist, and what their bytes must hash to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
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
    /// Side of the network's square RGB input, pixels.
    pub input_side: u32,
}

macro_rules! pins {
    ($($(#[$doc:meta])* $konst:ident = $name:literal, $input_side:literal, $sha256:literal;)*) => {
        impl PinnedModel {
            $($(#[$doc])* pub const $konst: Self =
                Self {
                name: $name,
                file: concat!($name, ".onnx"),
                sha256: $sha256,
                input_side: $input_side,
            };)*

            /// Every pinned model.
            pub const ALL: &'static [Self] = &[$(Self::$konst),*];
        }
    };
}

pins! {
    /// BlazeFace, 128 x 128, for faces within about two metres of a phone.
    BLAZEFACE_SHORT = "blazeface_short", 128, "54f69c5ec9a446118fc6b61c8205a7171037d6940914eb59142bad177fc684d9";
    /// BlazeFace, 192 x 192, for small and distant faces too.
    BLAZEFACE_FULL = "blazeface_full", 192, "e6608be00a0ece08c0707d006632d615c588fcd08326933af2a5bfd00d5ae67a";
    /// The 468-point face mesh, 192 x 192.
    FACE_MESH = "facemesh", 192, "d1594434c66ad66931174617feef692ec0aae82bcf8098f840d2ff207fd1a1fa";
    /// Lid contour and iris, 64 x 64.
    IRIS = "iris", 64, "e02eaedd0097abb006b1a7158636e6b1d895e959286e330c3ec9d9cedb3903a0";
    /// [`Self::BLAZEFACE_SHORT`] with weights of eight bits.
    BLAZEFACE_SHORT_8BIT = "blazeface_short_8bit", 128, "d5f463ad64bf951ad1a3ef6b6442866d3d09752bf522888278c92b5057b997ba";
    /// [`Self::FACE_MESH`] with weights of eight bits.
    FACE_MESH_8BIT = "facemesh_8bit", 192, "39ff1c5ed52bdc42bedfe8c67e7ff97ad85b464607db4bc67b68acd8268d667e";
    /// [`Self::IRIS`] with weights of eight bits.
    IRIS_8BIT = "iris_8bit", 64, "d35e3b8becdc1ec66a966c577160ddc677e421c8760a0b3ec3d17ea72f04c1be";
    /// Person against background, 256 x 256.
    SELFIE = "selfie", 256, "08aa14242226cbc79abcc03df4aa0c0bc82d469e750f381e9cc91f7b38256b82";
    /// Texture, crop of 2.7 face boxes, 80 x 80.
    MINIFASNET_V2 = "minifasnet_v2", 80, "d9cc156356642cf3a2849320d4071dc0cf737704cc50d99fb8c353da0b9e3e5b";
    /// Texture, crop of 4.0 face boxes, 80 x 80.
    MINIFASNET_V1SE = "minifasnet_v1se", 80, "ed52f5a007d79e2ae07a5470f066b98973a426b7b3b6837905ebb867aa717f6d";
    /// Texture, crop of 2.7 face boxes, 128 x 128.
    FR_LIVENESS = "fr_liveness", 128, "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d";
    /// Comparison of faces, aligned chip of 150 x 150.
    DLIB_RESNET = "dlib_resnet", 150, "f8716e030918f48df5534e1eb6ca33ae8995720a6fb12117269f249a454e4e33";
}

impl PinnedModel {
    /// Those that only web pages run.
    pub const OF_PAGES: [Self; 3] = [Self::BLAZEFACE_SHORT_8BIT, Self::FACE_MESH_8BIT, Self::IRIS_8BIT];

    /// All others: those that a program on its own runs, and holds if its weights are embedded.
    pub fn of_programs() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|model| !Self::OF_PAGES.contains(model))
    }
}

/// Where pinned weights are taken from.
#[derive(Debug, Clone)]
pub struct Weights {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Folder(PathBuf),
    Memory(BTreeMap<&'static str, Cow<'static, [u8]>>),
}

impl Weights {
    /// Files in a folder; nothing is read yet.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { source: Source::Folder(folder.into()) }
    }

    /// Bytes that are already there: embedded in the binary, or fetched by a web page.
    pub fn in_memory(files: impl IntoIterator<Item = (PinnedModel, Cow<'static, [u8]>)>) -> Self {
        let files = files.into_iter().map(|(model, bytes)| (model.name, bytes)).collect();
        Self { source: Source::Memory(files) }
    }

    /// The bytes of a model, checked against its pin.
    pub fn read(&self, model: PinnedModel) -> Result<Vec<u8>, InferError> {
        let bytes = match &self.source {
            Source::Folder(folder) => read_file(model, &folder.join(model.file))?,
            Source::Memory(files) => files.get(model.name).map(|bytes| bytes.to_vec()).ok_or_else(|| {
                let context = format!("weights of {} were not given", model.name);
                InferError::new(InferErrorKind::WeightsMissing, context)
            })?,
        };
        let sha256 = sha256_hex(&bytes);
        if sha256 != model.sha256 {
            let context =
                format!("weights of {} hash to {sha256}, not to the pinned {}", model.name, model.sha256);
            return Err(InferError::new(InferErrorKind::WeightsMismatch, context));
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Memory(files) => f.debug_set().entries(files.keys()).finish(),
        }
    }
}

fn read_file(model: PinnedModel, path: &Path) -> Result<Vec<u8>, InferError> {
    std::fs::read(path).map_err(|error| {
        let kind = match error.kind() {
            ErrorKind::NotFound => InferErrorKind::WeightsMissing,
            _ => InferErrorKind::WeightsUnreadable,
        };
        InferError::caused_by(kind, format!("weights of {} are not at {}", model.name, path.display()), error)
    })
}

/// SHA-256 as lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
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
        let weights = Weights::in_folder(&folder);
        let missing = weights.read(PinnedModel::IRIS).unwrap_err();
        std::fs::write(folder.join(PinnedModel::IRIS.file), b"not a model").unwrap();
        let wrong = weights.read(PinnedModel::IRIS).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(missing.kind(), InferErrorKind::WeightsMissing);
        assert_eq!(wrong.kind(), InferErrorKind::WeightsMismatch);
    }
}
