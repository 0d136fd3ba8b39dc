//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use crate::postgres;
use crate::shell::{Shell, say};
use crate::{assets, sdk, web};

/// Fetches what is missing, then checks format, lints, documentation and runs every test.
pub(crate) fn run(assets: &assets::Options) -> anyhow::Result<()> {
    let shell = Shell::at_workspace_root()?.with("INSTA_UPDATE", "no").with("RUSTDOCFLAGS", "-D warnings");
    postgres::ensure(&shell)?;
    assets::run(assets)?;
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
    web::run(assets)?;
    sdk::test(&shell)?;
    // Last, when nothing else runs: whole checks are in real time. The tests have built the program.
    sdk::end_to_end(&shell, "target/debug/verilume")?;
    say("everything passed");
    Ok(())
}
