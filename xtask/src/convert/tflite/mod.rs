//! TFLite to ONNX, for the operators of the face models.
//!
//! TFLite computes in NHWC. Here each activation of rank four is kept in NCHW from the input on, so the graph needs a
//! `Transpose` only where the original leaves rank four, and where it yields a rank-four output.

use anyhow::{Context as _, Result};

use schema::Model;
use translate::Translator;

mod flatbuffer;
mod half;
mod operations;
mod schema;
mod translate;

#[cfg(test)]
mod tests;

/// Converts a model.
pub(crate) fn onnx_from_tflite(tflite: &[u8]) -> Result<Vec<u8>> {
    let model = Model::read(tflite).context("the TFLite file is not readable")?;
    Translator::new(&model).run()
}
