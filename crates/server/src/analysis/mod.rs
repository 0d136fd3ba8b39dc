//! The analysis of captures, on threads of its own: what the frames show, and what follows from it.
//!
//! Frames arrive as JPEG crops, are decoded, reduced to numbers and wiped at once; nothing here keeps a picture.

mod capture;
mod device;
mod evidence;
mod identity;
mod jpeg;
mod models;
mod pool;
mod recent;
mod trail;
mod worker;

pub(crate) use device::Device;
pub(crate) use evidence::{FaceRectangle, Verdict};
#[cfg(test)]
pub(crate) use identity::Identity;
pub(crate) use models::static_models;
pub(crate) use pool::{AnalysisPool, AttemptAnalysis, PoolConfig, Setup};
pub(crate) use recent::RecentFrames;
pub(crate) use trail::{CaptureTrail, Light};
#[cfg(test)]
pub(crate) use trail::{PHASES, SAMPLES_PER_SEC};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use jpeg::decode as decode_frame;

/// The parts by themselves, without threads.
#[cfg(test)]
pub(crate) mod rehearse {
    pub(crate) use super::capture::CaptureAnalysis;
    pub(crate) use super::models::WorkerModels;
}
