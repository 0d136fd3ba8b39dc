//! `cargo xtask end-to-end`: whole checks in a real browser, before a simulated camera that sees the screen.

use crate::shell::Shell;
use crate::{assets, sdk, web};

/// Builds what is missing, for speed, then runs the checks that the tests run, too. They are in real time and need a
/// machine that does nothing else.
pub(crate) fn run(assets: &assets::Options) -> anyhow::Result<()> {
    web::run(assets)?;
    let shell = Shell::at_workspace_root()?;
    shell.build_verilume(&[])?;
    sdk::build(&shell)?;
    sdk::end_to_end(&shell, "target/release/verilume")
}
