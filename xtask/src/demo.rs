//! `cargo xtask demo`: the main job, from nothing.

use anyhow::Context as _;

use crate::assets;
use crate::shell::{Shell, say};

/// Fetches what is missing, builds, and checks the carphone test video with everything drawn.
pub(crate) fn run(assets: &assets::Options) -> anyhow::Result<()> {
    assets::run(assets)?;
    let shell = Shell::at_workspace_root()?;
    let (frames, timeline) = ("out/demo/frames", "out/demo/timeline.svg");
    std::fs::create_dir_all(shell.path(frames)).context("out/demo cannot be created")?;
    shell.verilume(
        &[],
        &["check", "assets/media/carphone.mp4", "--annotate", frames, "--timeline", timeline],
    )?;
    say(&format!("annotated frames: {frames}/frame_000000.png and on"));
    say(&format!("signals over time: {timeline}"));
    Ok(())
}
