//! The capture core and the networks that it needs, for a web worker: convert, call, convert.
//!
//! A [`CaptureEngine`] holds a capture client, a face tracker and three networks. The page gives it RGBA frames,
//! messages of the service and the time; it gives what the client wants done as plain objects. It opens nothing by
//! itself: camera, connection and screen are the page's.
//!
//! Errors come as an `Error` whose `name` is `EngineError` and whose `kind` is to be branched on. A panic, which would
//! be a defect of this library, comes as an `Error` that names a line of the source and nothing else; the module must
//! not be used afterwards.

mod engine;
mod error;
mod output;
mod pixels;
mod start;

pub use engine::{CaptureEngine, endpoint_of_token};

use wasm_bindgen::prelude::*;

/// Runs when the module has been loaded.
#[wasm_bindgen(start)]
pub fn started() {
    // The message of a panic may hold values; its place in the source holds none.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        wasm_bindgen::throw_str(&format!("the engine stopped{place}"));
    }));
}
