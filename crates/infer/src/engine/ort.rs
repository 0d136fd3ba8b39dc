//! ONNX Runtime behind the engine's trait: the peer that benchmarks are held against, and a choice for operators.

use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

use super::{LoadNetwork, Network, Tensor};
use crate::{InferError, InferErrorKind};

pub(super) struct OnnxRuntime {
    environment: Environment,
}

impl OnnxRuntime {
    /// Loads the library that `ORT_DYLIB_PATH` names.
    pub(super) fn start() -> Result<Self, InferError> {
        let library = std::env::var_os("ORT_DYLIB_PATH").ok_or_else(|| {
            InferError::new(
                InferErrorKind::EngineUnavailable,
                "ORT_DYLIB_PATH does not name ONNX Runtime's library",
            )
        })?;
        let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
            InferError::caused_by(
                InferErrorKind::EngineUnavailable,
                "ONNX Runtime could not be started",
                error,
            )
        };
        let environment = ort::init_from(library)
            .map_err(|error| unavailable(error.to_string().into()))?
            .build()
            .map_err(|error| unavailable(error.to_string().into()))?;
        Ok(Self { environment })
    }
}

impl LoadNetwork for OnnxRuntime {
    fn load(&self, onnx: Vec<u8>) -> Result<Box<dyn Network>, InferError> {
        let refused = |error: String| {
            InferError::caused_by(InferErrorKind::Load, "the model could not be loaded", error)
        };
        let session = Session::builder(&self.environment)
            .map_err(|error| refused(error.to_string()))?
            .with_intra_threads(1)
            .map_err(|error| refused(error.to_string()))?
            .commit_from_memory(&onnx)
            .map_err(|error| refused(error.to_string()))?;
        let [input] = session.inputs() else {
            return Err(InferError::new(InferErrorKind::Load, "the model does not have exactly one input"));
        };
        let input = input.name().to_owned();
        Ok(Box::new(OrtNetwork { session: Mutex::new(session), input }))
    }
}

struct OrtNetwork {
    /// ONNX Runtime's binding runs a session by exclusive reference.
    session: Mutex<Session>,
    input: String,
}

impl Network for OrtNetwork {
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, InferError> {
        let failed = |error: ort::Error| {
            InferError::caused_by(InferErrorKind::Run, "the model could not be run", error.to_string())
        };
        let view = TensorRef::from_array_view((input.shape(), input.values())).map_err(failed)?;
        let mut session = self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let outputs = session.run(ort::inputs![self.input.as_str() => view]).map_err(failed)?;
        outputs
            .values()
            .map(|output| {
                let (shape, values) = output.try_extract_tensor::<f32>().map_err(failed)?;
                let shape: Vec<usize> =
                    shape.iter().map(|extent| usize::try_from(*extent).unwrap_or(0)).collect();
                Tensor::new(&shape, values.to_vec()).ok_or_else(|| {
                    InferError::new(InferErrorKind::Output, "the model's output does not fit its shape")
                })
            })
            .collect()
    }
}
