//! Captures of every format, whole and damaged, through the public interface; and the pipeline over real ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod corpus;
mod ffmpeg;
mod folder;
mod mp4;
mod pipeline;
mod recording;
mod robustness;
mod stills;
mod streams;
mod support;
mod verification;
