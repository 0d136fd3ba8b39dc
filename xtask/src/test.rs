//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use crate::assets;
use crate::shell::{Shell, say};

/// Fetches what is missing, then checks format, lints, documentation and runs every test.
pub(crate) fn run(assets: &assets::Options) -> anyhow::Result<()> {
    assets::run(assets)?;
    let shell = Shell::at_workspace_root()?.with("INSTA_UPDATE", "no").with("RUSTDOCFLAGS", "-D warnings");
    shell.cargo(&["fmt", "--all", "--check"])?;
    shell.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "verilume/ort",
        "--",
        "-D",
        "warnings",
    ])?;
    shell.cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"])?;
    shell.cargo(&["test", "--workspace"])?;
    say("everything passed");
    Ok(())
}
