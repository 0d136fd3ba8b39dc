//! Opening test media and running the tracker over them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use verilume_eval::media::{self, MediaOptions};
use verilume_frame::Frame;
use verilume_infer::{DetectorRange, Engine, Weights, face_models};
use verilume_vision::models::FaceModels;
use verilume_vision::{FaceTracker, TrackedFrame, TrackerConfig};

fn assets() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    assert!(folder.is_dir(), "{} is missing: run `cargo xtask assets`", folder.display());
    folder
}

pub(crate) fn weights() -> Weights {
    Weights::in_folder(assets().join("models"))
}

/// All frames of a file below `assets/media`.
pub(crate) fn frames(name: &str) -> Vec<Frame> {
    frames_of(&assets().join("media").join(name))
}

pub(crate) fn frames_of(path: &Path) -> Vec<Frame> {
    let mut reader = media::open(path, &MediaOptions::default()).unwrap();
    std::iter::from_fn(|| reader.next_frame().unwrap()).collect()
}

/// One set of networks for all tests.
pub(crate) fn models() -> Arc<FaceModels> {
    static MODELS: LazyLock<Arc<FaceModels>> =
        LazyLock::new(|| Arc::new(face_models(&Engine::rten(), &weights(), DetectorRange::Full).unwrap()));
    Arc::clone(&MODELS)
}

pub(crate) fn tracker() -> FaceTracker {
    FaceTracker::new(models(), TrackerConfig::default())
}

/// What a fresh tracker sees in these frames.
pub(crate) fn tracked(frames: &[Frame]) -> Vec<TrackedFrame> {
    let mut tracker = tracker();
    frames.iter().map(|frame| tracker.update(frame.view(), frame.captured_at).unwrap()).collect()
}
