//! rten behind the engine's trait, its depthwise convolutions replaced by vectorised ones.
//!
//! rten takes no operators from outside. So a network is cut at each depthwise convolution; the parts between are
//! rten models of their own, and the values that cross a cut are handed on without a copy.

use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as RtenTensor, TensorView};

use super::{LoadNetwork, Network, Tensor};
use crate::{InferError, InferErrorKind};
use depthwise::DepthwiseConv;
use split::{Step, Steps};

mod depthwise;
mod dequantise;
mod split;
mod wire;

#[cfg(test)]
mod tests;

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
        let onnx = dequantise::with_floats(onnx);
        let parts = match split::split(&onnx) {
            Some(steps) => Parts::load(steps)?,
            None => Parts::whole(onnx)?,
        };
        Ok(Box::new(RtenNetwork { parts, pool: Arc::clone(&self.pool) }))
    }
}

struct RtenNetwork {
    parts: Parts,
    pool: Arc<ThreadPool>,
}

impl Network for RtenNetwork {
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, InferError> {
        // Entered once: the runs of the parts are then already on the pool's thread.
        self.pool.run(|| self.parts.run(input, &self.pool))
    }
}

/// The parts of a network, in order.
struct Parts {
    parts: Vec<Part>,
    slot_count: usize,
    input: usize,
    outputs: Vec<usize>,
}

/// A part, and which of the values that it takes nobody takes after it.
enum Part {
    Graph { model: Box<Model>, inputs: Vec<Taken<NodeId>>, outputs: Vec<NodeId>, output_slots: Vec<usize> },
    Depthwise { conv: DepthwiseConv, input: Taken<()>, output: usize },
}

struct Taken<Id> {
    id: Id,
    slot: usize,
    is_last: bool,
}

impl Parts {
    fn whole(onnx: Vec<u8>) -> Result<Self, InferError> {
        let model = model(onnx)?;
        let [id] = *model.input_ids() else {
            return Err(InferError::new(InferErrorKind::Load, "the model does not have exactly one input"));
        };
        let outputs = model.output_ids().to_vec();
        let output_slots: Vec<usize> = (1..=outputs.len()).collect();
        let inputs = vec![Taken { id, slot: 0, is_last: true }];
        Ok(Self {
            slot_count: 1 + outputs.len(),
            input: 0,
            outputs: output_slots.clone(),
            parts: vec![Part::Graph { model: Box::new(model), inputs, outputs, output_slots }],
        })
    }

    fn load(steps: Steps) -> Result<Self, InferError> {
        let Steps { steps, slot_count, input, outputs } = steps;
        let mut taken_later = vec![false; slot_count];
        outputs.iter().for_each(|slot| taken_later[*slot] = true);
        let mut parts = Vec::new();
        // From the end, where it is known what is taken later.
        for step in steps.into_iter().rev() {
            let mut is_last = |slot: usize| !std::mem::replace(&mut taken_later[slot], true);
            parts.push(match step {
                Step::Depthwise { conv, input, output } => {
                    let input = Taken { id: (), slot: input, is_last: is_last(input) };
                    Part::Depthwise { conv, input, output }
                }
                Step::Graph { onnx, inputs, outputs } => {
                    let model = model(onnx)?;
                    let inputs = inputs
                        .into_iter()
                        .map(|(name, slot)| {
                            Ok(Taken { id: node_id(&model, &name)?, slot, is_last: is_last(slot) })
                        })
                        .collect::<Result<_, InferError>>()?;
                    let (ids, output_slots): (Vec<_>, Vec<_>) = outputs
                        .into_iter()
                        .map(|(name, slot)| Ok((node_id(&model, &name)?, slot)))
                        .collect::<Result<Vec<_>, InferError>>()?
                        .into_iter()
                        .unzip();
                    Part::Graph { model: Box::new(model), inputs, outputs: ids, output_slots }
                }
            });
        }
        parts.reverse();
        Ok(Self { parts, slot_count, input, outputs })
    }

    fn run(&self, input: &Tensor, pool: &Arc<ThreadPool>) -> Result<Vec<Tensor>, InferError> {
        let mut slots: Vec<Option<ValueOrView<'_>>> = vec![None; self.slot_count];
        slots[self.input] = Some(TensorView::from_data(input.shape(), input.values()).into());
        for part in &self.parts {
            match part {
                Part::Graph { model, inputs, outputs, output_slots } => {
                    let values = run_graph(model, inputs, outputs, &mut slots, pool)?;
                    for (value, slot) in values.into_iter().zip(output_slots) {
                        slots[*slot] = Some(value.into());
                    }
                }
                Part::Depthwise { conv, input, output } => {
                    let value = run_depthwise(conv, slots[input.slot].as_ref())?;
                    if input.is_last {
                        slots[input.slot] = None;
                    }
                    slots[*output] = Some(value.into());
                }
            }
        }
        self.outputs
            .iter()
            .map(|slot| owned(slots[*slot].take().ok_or_else(unfilled)?.into_owned()))
            .collect()
    }
}

fn model(onnx: Vec<u8>) -> Result<Model, InferError> {
    // The weights never change, so they are laid out for the kernels once.
    options()
        .prepack_weights(true)
        .load(onnx)
        .map_err(|error| InferError::caused_by(InferErrorKind::Load, "the model could not be loaded", error))
}

/// Every operator: a texture network can be of any kind.
#[cfg(not(target_family = "wasm"))]
fn options() -> ModelOptions {
    ModelOptions::with_all_ops()
}

/// The operators of the face networks: a page fetches what it runs, and all of them together are four times as much.
#[cfg(target_family = "wasm")]
fn options() -> ModelOptions {
    ModelOptions::with_ops(rten::op_registry!(
        Add, Concat, Conv, Identity, MaxPool, PRelu, Pad, Relu, Reshape, Resize, Transpose
    ))
}

fn node_id(model: &Model, name: &str) -> Result<NodeId, InferError> {
    model.node_id(name).map_err(|error| {
        InferError::caused_by(InferErrorKind::Load, "a part of the model lost a value", error)
    })
}

fn run_graph(
    model: &Model,
    inputs: &[Taken<NodeId>],
    outputs: &[NodeId],
    slots: &mut [Option<ValueOrView<'_>>],
    pool: &Arc<ThreadPool>,
) -> Result<Vec<Value>, InferError> {
    // What nobody needs afterwards is given away, so that rten can work in place.
    let mut given: Vec<Option<ValueOrView<'_>>> =
        inputs.iter().map(|input| if input.is_last { slots[input.slot].take() } else { None }).collect();
    let values = inputs
        .iter()
        .zip(&mut given)
        .map(|(input, given)| {
            let value = match given.take() {
                Some(value) => value,
                None => ValueOrView::View(slots[input.slot].as_ref().ok_or_else(unfilled)?.as_view()),
            };
            Ok((input.id, value))
        })
        .collect::<Result<_, InferError>>()?;
    let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
    model
        .run(values, outputs, Some(options))
        .map_err(|error| InferError::caused_by(InferErrorKind::Run, "the model could not be run", error))
}

fn run_depthwise(conv: &DepthwiseConv, input: Option<&ValueOrView<'_>>) -> Result<Value, InferError> {
    let misfit = || InferError::new(InferErrorKind::Run, "a convolution's input does not fit its filters");
    let view = input.ok_or_else(unfilled)?.as_view();
    let view = TensorView::<f32>::try_from(view).map_err(|error| {
        InferError::caused_by(InferErrorKind::Run, "a convolution's input is not of floats", error)
    })?;
    let [images, channels, height, width] = *view.shape() else { return Err(misfit()) };
    let size = [height, width];
    let [rows, columns] = conv.output_size(size).ok_or_else(misfit)?;
    let out = conv.run(view.to_contiguous().data(), size).filter(|_| channels == conv.biases.len());
    Ok(RtenTensor::from_data(&[images, channels, rows, columns], out.ok_or_else(misfit)?).into())
}

fn unfilled() -> InferError {
    InferError::new(InferErrorKind::Run, "a part of the model takes a value that none before it made")
}

fn owned(output: Value) -> Result<Tensor, InferError> {
    let tensor = RtenTensor::<f32>::try_from(output).map_err(|error| {
        InferError::caused_by(InferErrorKind::Output, "the model's output is not of floats", error)
    })?;
    let shape = tensor.shape().to_vec();
    Tensor::new(&shape, tensor.into_data())
        .ok_or_else(|| InferError::new(InferErrorKind::Output, "the model's output does not fit its shape"))
}
