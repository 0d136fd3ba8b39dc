//! Tests of the physics on rendered frames. They need the head asset and say so where it is absent.

mod determinism;
mod displays;
mod physics;
mod species;

use std::path::Path;
use std::sync::OnceLock;

use crate::Heads;

/// The bytes of `assets/sim/heads.bin`; `None`, with a word about it, where it was not fetched.
pub(crate) fn heads_bytes() -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/sim/heads.bin");
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("left out: assets/sim/heads.bin is absent; `cargo xtask assets` fetches it");
    }
    bytes
}

/// The head asset, read once.
pub(crate) fn heads() -> Option<&'static Heads> {
    static HEADS: OnceLock<Option<Heads>> = OnceLock::new();
    HEADS.get_or_init(|| heads_bytes().map(|bytes| Heads::read(&bytes).unwrap())).as_ref()
}
