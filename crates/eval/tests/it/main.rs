//! The pipeline on real captures. The assets are needed (`cargo xtask assets`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod mesh;
mod mouth;
mod samples;
mod support;
mod tracking;
