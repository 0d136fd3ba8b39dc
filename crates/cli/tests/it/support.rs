//! Running the program, and making inputs for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use image::RgbImage;
use serde_json::Value;

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Held by a device that films in real time, shared by what computes: a device that waits for a core misses its light, and
/// the tests run side by side.
static CORES: RwLock<()> = RwLock::new(());
/// Commands that compute for seconds.
const COMPUTING: [&str; 6] = ["check", "compare", "evaluate", "calibrate", "simulate", "explain"];

/// While this is held, nothing that a test started computes, but what its holder starts.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    // Whoever failed while holding it has left nothing behind.
    CORES.write().unwrap_or_else(PoisonError::into_inner)
}

/// To be held by what computes for seconds.
pub(crate) fn computing() -> RwLockReadGuard<'static, ()> {
    CORES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `verilume` with these arguments; a device films while nothing else computes.
pub(crate) fn verilume(args: &[&str]) -> Ran {
    let films = args.first() == Some(&"capture");
    let _alone = films.then(alone);
    let _computing = args.first().is_some_and(|command| COMPUTING.contains(command)).then(computing);
    at_once(args)
}

/// Runs `verilume` with these arguments, whatever else runs.
pub(crate) fn at_once(args: &[&str]) -> Ran {
    ended(&command(args).output().unwrap())
}

/// Runs `verilume` with bytes on its standard input.
pub(crate) fn verilume_with_stdin(args: &[&str], bytes: &[u8]) -> Ran {
    use std::io::Write as _;
    let _computing = computing();
    let mut child =
        command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that refuses its input early closes the pipe; that is its right.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    ended(&child.wait_with_output().unwrap())
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verilume"));
    command.args(args);
    // What the machine sets is not what a test is about.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("VERILUME_")) {
            command.env_remove(name);
        }
    }
    command
}

fn ended(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A file below `assets/media`.
pub(crate) fn media(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media").join(name);
    assert!(path.is_file(), "{} is missing: run `cargo xtask assets`", path.display());
    path.to_str().unwrap().to_owned()
}

/// Writes bytes into a temporary folder and returns the path.
pub(crate) fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// An image as PNG.
pub(crate) fn png(image: &RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
