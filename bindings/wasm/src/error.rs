//! Errors as a page gets them.

use js_sys::{Error, Reflect};
use verilume_infer::{InferError, InferErrorKind};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What an error is about. */
export type EngineErrorKind =
  /** Weights that are not the pinned ones: fetch them again, past the cache. */
  | 'weights'
  /** A frame that is none. */
  | 'frame'
  /** An argument of another shape. */
  | 'argument'
  /** The networks could not be loaded or run. */
  | 'engine';

/** What the functions of the engine throw. */
export interface EngineError extends Error {
  readonly name: 'EngineError';
  readonly kind: EngineErrorKind;
}
";

/// What an error is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ErrorKind {
    Weights,
    Frame,
    Argument,
    Engine,
}

impl ErrorKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Frame => "frame",
            Self::Argument => "argument",
            Self::Engine => "engine",
        }
    }
}

/// An error as a page gets it, with all its causes in one line.
pub(crate) fn error(kind: ErrorKind, cause: &dyn std::error::Error) -> JsValue {
    let mut message = cause.to_string();
    let mut source = cause.source();
    while let Some(deeper) = source {
        message = format!("{message}: {deeper}");
        source = deeper.source();
    }
    let error = Error::new(&message);
    error.set_name("EngineError");
    // A new object takes any property.
    _ = Reflect::set(&error, &"kind".into(), &kind.code().into());
    error.into()
}

/// An error of the networks.
pub(crate) fn infer_error(cause: &InferError) -> JsValue {
    let kind = match cause.kind() {
        InferErrorKind::WeightsMissing | InferErrorKind::WeightsMismatch => ErrorKind::Weights,
        _ => ErrorKind::Engine,
    };
    error(kind, cause)
}
