//! Walks a TFLite graph and writes the ONNX graph: constants, layouts, inputs and outputs.

use anyhow::{Context as _, Result, bail, ensure};

use super::half::f32_from_f16_bits;
use super::schema::{Activation, Element, Model, Tensor};
use crate::convert::onnx::{Attribute, GraphBuilder, Value};

/// The permutation that turns an NHWC shape into NCHW.
pub(super) const NCHW_FROM_NHWC: [usize; 4] = [0, 3, 1, 2];

/// What a tensor of the original has become.
#[derive(Debug, Clone)]
enum Place {
    /// Not reached yet.
    Unknown,
    /// A constant: the tensor that holds its bytes.
    Constant(usize),
    /// A value of the ONNX graph, NCHW where its rank is four.
    Computed(Value),
}

/// The translation of one model.
pub(super) struct Translator<'m> {
    model: &'m Model<'m>,
    pub(super) graph: GraphBuilder,
    places: Vec<Place>,
    /// Shapes in the original's order; custom operators leave theirs out and get it here.
    shapes: Vec<Vec<usize>>,
}

impl<'m> Translator<'m> {
    /// Starts with the constants known and nothing computed.
    pub(super) fn new(model: &'m Model<'m>) -> Self {
        let places = model.tensors.iter().enumerate().map(|(tensor, description)| {
            if description.bytes.is_empty() { Place::Unknown } else { Place::Constant(tensor) }
        });
        Self {
            model,
            graph: GraphBuilder::new("tflite"),
            places: places.collect(),
            shapes: model.tensors.iter().map(|tensor| tensor.shape.clone()).collect(),
        }
    }

    /// Translates the whole graph.
    pub(super) fn run(mut self) -> Result<Vec<u8>> {
        let &[input] = self.model.inputs.as_slice() else {
            bail!("the model has {} inputs instead of one", self.model.inputs.len());
        };
        let [batch, height, width, channels] = self.nhwc_shape(input)?;
        let value = self.graph.input("input", &[batch, channels, height, width])?;
        self.set(input, value)?;
        for (place, operator) in self.model.operators.iter().enumerate() {
            self.translate(operator)
                .with_context(|| format!("operator {place}, {:?}", operator.operation))?;
        }
        ensure!(!self.model.outputs.is_empty(), "the model has no output");
        for &output in &self.model.outputs {
            let name = self.tensor(output)?.name;
            let value = self.original_layout(output).with_context(|| format!("the output {name:?}"))?;
            let shape = self.shape(output)?.to_vec();
            self.graph.output(name, &shape, value)?;
        }
        Ok(self.graph.finish())
    }

    /// The description of a tensor.
    pub(super) fn tensor(&self, tensor: usize) -> Result<&'m Tensor<'m>> {
        self.model.tensors.get(tensor).context("an operand does not exist")
    }

    /// The shape of a tensor in the original's order.
    pub(super) fn shape(&self, tensor: usize) -> Result<&[usize]> {
        self.shapes.get(tensor).map(Vec::as_slice).context("an operand does not exist")
    }

    /// The shape of a rank-four tensor: batch, height, width, channels.
    pub(super) fn nhwc_shape(&self, tensor: usize) -> Result<[usize; 4]> {
        let shape = self.shape(tensor)?;
        <[usize; 4]>::try_from(shape).ok().with_context(|| format!("the shape {shape:?} is not of rank four"))
    }

    /// Records the shape of a tensor that the file leaves out.
    pub(super) fn set_shape(&mut self, tensor: usize, shape: [usize; 4]) -> Result<()> {
        *self.shapes.get_mut(tensor).context("an operand does not exist")? = shape.to_vec();
        Ok(())
    }

    /// Records what a tensor has become.
    pub(super) fn set(&mut self, tensor: usize, value: Value) -> Result<()> {
        self.place(tensor, Place::Computed(value))
    }

    /// Makes one tensor stand for the constant of another: constants are decoded to float on use.
    pub(super) fn set_alias(&mut self, tensor: usize, constant: usize) -> Result<()> {
        let Some(Place::Constant(source)) = self.places.get(constant) else {
            bail!("only constants can be dequantised");
        };
        ensure!(self.shape(tensor)? == self.shape(*source)?, "a dequantised constant changes its shape");
        self.place(tensor, Place::Constant(*source))
    }

    fn place(&mut self, tensor: usize, place: Place) -> Result<()> {
        let slot = self.places.get_mut(tensor).context("an operand does not exist")?;
        ensure!(matches!(slot, Place::Unknown), "a tensor is written twice");
        *slot = place;
        Ok(())
    }

    /// A computed value, NCHW where its rank is four.
    pub(super) fn value(&self, tensor: usize) -> Result<Value> {
        match self.places.get(tensor) {
            Some(Place::Computed(value)) => Ok(value.clone()),
            Some(Place::Constant(_)) => bail!("a constant stands where a computed value is needed"),
            Some(Place::Unknown) | None => bail!("an operand is used before it is computed"),
        }
    }

    /// A computed value in the original's order.
    pub(super) fn original_layout(&mut self, tensor: usize) -> Result<Value> {
        let value = self.value(tensor)?;
        if self.shape(tensor)?.len() != 4 {
            return Ok(value);
        }
        Ok(self.graph.node("Transpose", &[value], vec![("perm", Attribute::Ints(vec![0, 2, 3, 1]))]))
    }

    /// A float constant with its shape; half-precision ones are widened.
    pub(super) fn constant_floats(&self, tensor: usize) -> Result<(&'m [usize], Vec<f32>)> {
        let tensor = self.constant(tensor)?;
        let values = match tensor.element {
            Element::Float32 => {
                let (chunks, rest) = tensor.bytes.as_chunks();
                ensure!(rest.is_empty(), "the constant {:?} has a broken length", tensor.name);
                chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect::<Vec<_>>()
            }
            Element::Float16 => {
                let (chunks, rest) = tensor.bytes.as_chunks();
                ensure!(rest.is_empty(), "the constant {:?} has a broken length", tensor.name);
                chunks.iter().map(|chunk| f32_from_f16_bits(u16::from_le_bytes(*chunk))).collect()
            }
            Element::Int32 => bail!("the constant {:?} is not a float", tensor.name),
        };
        ensure_fills(tensor, values.len())?;
        Ok((&tensor.shape, values))
    }

    /// An integer constant, flat.
    pub(super) fn constant_integers(&self, tensor: usize) -> Result<Vec<i32>> {
        let tensor = self.constant(tensor)?;
        ensure!(tensor.element == Element::Int32, "the constant {:?} is not an integer", tensor.name);
        let (chunks, rest) = tensor.bytes.as_chunks();
        ensure!(rest.is_empty(), "the constant {:?} has a broken length", tensor.name);
        ensure_fills(tensor, chunks.len())?;
        Ok(chunks.iter().map(|chunk| i32::from_le_bytes(*chunk)).collect())
    }

    fn constant(&self, tensor: usize) -> Result<&'m Tensor<'m>> {
        match self.places.get(tensor) {
            Some(Place::Constant(source)) => self.tensor(*source),
            _ => bail!("a computed value stands where a constant is needed"),
        }
    }

    /// Adds the activation that the original fuses into an operator.
    pub(super) fn activate(&mut self, value: Value, activation: Activation) -> Result<Value> {
        Ok(match activation {
            Activation::None => value,
            Activation::Relu => self.graph.node("Relu", &[value], vec![]),
            Activation::Relu6 => {
                let (low, high) = (self.graph.floats(&[], &[0.0])?, self.graph.floats(&[], &[6.0])?);
                self.graph.node("Clip", &[value, low, high], vec![])
            }
        })
    }
}

fn ensure_fills(tensor: &Tensor<'_>, len: usize) -> Result<()> {
    let expected =
        tensor.shape.iter().try_fold(1_usize, |product, &dimension| product.checked_mul(dimension));
    ensure!(expected == Some(len), "the constant {:?} does not fill its shape", tensor.name);
    Ok(())
}

/// Reorders a rank-four array: dimension `i` of the result is dimension `order[i]` of the argument.
pub(super) fn permute(
    shape: [usize; 4],
    values: &[f32],
    order: [usize; 4],
) -> Result<([usize; 4], Vec<f32>)> {
    let strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
    let (out, step) = (order.map(|axis| shape[axis]), order.map(|axis| strides[axis]));
    let mut permuted = Vec::with_capacity(values.len());
    for a in 0..out[0] {
        for b in 0..out[1] {
            for c in 0..out[2] {
                for d in 0..out[3] {
                    let place = a * step[0] + b * step[1] + c * step[2] + d * step[3];
                    permuted.push(*values.get(place).context("a constant does not fill its shape")?);
                }
            }
        }
    }
    Ok((out, permuted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permuting_moves_channels_first() {
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let (shape, permuted) = permute([1, 1, 3, 2], &values, NCHW_FROM_NHWC).unwrap();
        assert_eq!(shape, [1, 2, 1, 3]);
        assert_eq!(permuted, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
    }
}
