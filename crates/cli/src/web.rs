//! Where the files for browsers are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use verilume_server::WebAssets;

use crate::failure::Failure;
use crate::serve::failure;

/// The SDK, below the repository's root.
const SDK: &str = "sdk/web/dist";

/// The built SDK: of the folder that was named, else the nearest above the working folder or the program, if there is one.
pub(crate) fn sdk(named: Option<&Path>) -> Result<Option<Arc<WebAssets>>, Failure> {
    let folder = named.map(Path::to_owned).or_else(|| nearest(SDK));
    let read = |folder: PathBuf| WebAssets::in_folder(&folder).map(Arc::new).map_err(failure);
    folder.map(read).transpose()
}

/// The nearest folder of this name above the working folder or the program.
pub(crate) fn nearest(name: &str) -> Option<PathBuf> {
    let working = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    let starts = working.iter().chain(&program).map(PathBuf::as_path);
    starts.flat_map(Path::ancestors).map(|start| start.join(name)).find(|folder| folder.is_dir())
}
