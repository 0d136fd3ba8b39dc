//! Where the workspace is.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The root of the workspace: cargo names it while it runs this binary; otherwise it is looked for from the current
/// folder upwards.
pub(crate) fn root() -> Result<PathBuf> {
    if let Some(manifest_folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
        let root = PathBuf::from(manifest_folder).parent().map(PathBuf::from);
        return root.context("the workspace has no root folder");
    }
    let here = std::env::current_dir().context("the current folder is not readable")?;
    let root = here.ancestors().find(|folder| folder.join("assets.lock.toml").is_file());
    root.map(PathBuf::from)
        .context("run this inside the Verilume workspace: no assets.lock.toml here or above")
}
