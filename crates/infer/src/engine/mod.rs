//! The engine behind the models: rten by default, ONNX Runtime with the feature `ort`.

#[cfg(feature = "ort")]
mod ort;
mod rten;

use std::fmt;
use std::sync::Arc;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{InferError, InferErrorKind};

/// A dense tensor of 32-bit floats. Inputs are crops of faces, so it is wiped when dropped.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Tensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Tensor {
    /// A tensor of zeros.
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] }
    }

    /// Takes row-major values; `None` if their number does not fit the shape.
    pub fn new(shape: &[usize], values: Vec<f32>) -> Option<Self> {
        (shape.iter().product::<usize>() == values.len()).then(|| Self { shape: shape.to_vec(), values })
    }

    /// The extent of each dimension, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values, row-major, to write.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({:?}, [redacted {} bytes])", self.shape, size_of_val(self.values.as_slice()))
    }
}

/// A loaded network with one image-like input.
pub trait Network: Send + Sync {
    /// Runs the network; the outputs come in the model's own order.
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, InferError>;
}

/// Which engine runs the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// rten: pure Rust, native and WebAssembly.
    Rten,
    /// ONNX Runtime, loaded at run time (feature `ort`).
    OnnxRuntime,
}

/// An inference engine with one thread of its own. Captures are analysed side by side by giving each its own
/// engine: the networks are too small to gain from several threads.
#[derive(Clone)]
pub struct Engine {
    kind: EngineKind,
    loader: Arc<dyn LoadNetwork>,
}

trait LoadNetwork: Send + Sync {
    fn load(&self, onnx: Vec<u8>) -> Result<Box<dyn Network>, InferError>;
}

impl Engine {
    /// The default engine.
    pub fn rten() -> Self {
        Self { kind: EngineKind::Rten, loader: Arc::new(rten::Rten::new()) }
    }

    /// ONNX Runtime from the shared library that `ORT_DYLIB_PATH` names.
    ///
    /// # Errors
    /// [`InferErrorKind::EngineUnavailable`] if this build lacks the feature `ort` or the library cannot be loaded.
    pub fn onnx_runtime() -> Result<Self, InferError> {
        #[cfg(feature = "ort")]
        return Ok(Self { kind: EngineKind::OnnxRuntime, loader: Arc::new(ort::OnnxRuntime::start()?) });
        #[cfg(not(feature = "ort"))]
        Err(InferError::new(
            InferErrorKind::EngineUnavailable,
            "this build cannot run ONNX Runtime: build with the feature `ort`",
        ))
    }

    /// Which engine this is.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// Loads a network from the bytes of an ONNX file.
    pub fn load(&self, onnx: Vec<u8>) -> Result<Box<dyn Network>, InferError> {
        self.loader.load(onnx)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({:?})", self.kind)
    }
}

/// Runs a network whose documented outputs are told apart by their number of values.
pub(crate) fn run_for<const N: usize>(
    network: &dyn Network,
    input: &Tensor,
    lengths: [usize; N],
) -> Result<[Tensor; N], InferError> {
    let mut outputs = network.run(input)?;
    let mut picked: [Option<Tensor>; N] = std::array::from_fn(|_| None);
    for (slot, length) in picked.iter_mut().zip(lengths) {
        let at = outputs.iter().position(|output| output.values().len() == length).ok_or_else(|| {
            InferError::new(InferErrorKind::Output, format!("the model has no output of {length} values"))
        })?;
        *slot = Some(outputs.swap_remove(at));
    }
    Ok(picked.map(|slot| slot.expect("each slot was filled, or the loop returned")))
}
