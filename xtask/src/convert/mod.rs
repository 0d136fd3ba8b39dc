//! Converters from the published weights to the one form that the inference crate reads.
//!
//! That form: ONNX, float32 throughout, one input `input` in NCHW order, outputs shaped as the original's. Both
//! converters read untrusted bytes: they return errors, never panic, and their work is bounded.

#[cfg_attr(not(test), expect(dead_code, reason = "the lock file names no heads yet"))]
mod heads;
mod minifasnet;
mod onnx;
mod tflite;
mod torch;

pub(crate) use minifasnet::onnx_from_minifasnet;
pub(crate) use tflite::onnx_from_tflite;
