//! The pipeline on real captures. The assets are needed (`cargo xtask assets`).

mod mesh;
mod mouth;
mod samples;
mod support;
mod tracking;
