//! rten behind the engine's trait.

use std::sync::Arc;

use rten::{Model, NodeId, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as RtenTensor, TensorView};

use super::{LoadNetwork, Network, Tensor};
use crate::{InferError, InferErrorKind};

pub(super) struct Rten {
    pool: Arc<ThreadPool>,
}

impl Rten {
    pub(super) fn new() -> Self {
        Self { pool: Arc::new(ThreadPool::with_num_threads(1)) }
    }
}

impl LoadNetwork for Rten {
    fn load(&self, onnx: Vec<u8>) -> Result<Box<dyn Network>, InferError> {
        let model = Model::load(onnx).map_err(|error| {
            InferError::caused_by(InferErrorKind::Load, "the model could not be loaded", error)
        })?;
        let [input] = *model.input_ids() else {
            return Err(InferError::new(InferErrorKind::Load, "the model does not have exactly one input"));
        };
        Ok(Box::new(RtenNetwork { model, input, pool: Arc::clone(&self.pool) }))
    }
}

struct RtenNetwork {
    model: Model,
    input: NodeId,
    pool: Arc<ThreadPool>,
}

impl Network for RtenNetwork {
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, InferError> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let view = TensorView::from_data(input.shape(), input.values());
        let outputs =
            self.model.run(vec![(self.input, view.into())], self.model.output_ids(), Some(options)).map_err(
                |error| InferError::caused_by(InferErrorKind::Run, "the model could not be run", error),
            )?;
        outputs.into_iter().map(owned).collect()
    }
}

fn owned(output: rten::Value) -> Result<Tensor, InferError> {
    let tensor = RtenTensor::<f32>::try_from(output).map_err(|error| {
        InferError::caused_by(InferErrorKind::Output, "the model's output is not of floats", error)
    })?;
    let shape = tensor.shape().to_vec();
    Tensor::new(&shape, tensor.into_data())
        .ok_or_else(|| InferError::new(InferErrorKind::Output, "the model's output does not fit its shape"))
}
