//! Captures of every format, whole and damaged, through the public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ffmpeg;
mod folder;
mod mp4;
mod robustness;
mod stills;
mod streams;
mod support;
