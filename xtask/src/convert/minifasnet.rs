//! MiniFASNet, V2 and V1SE, from its published checkpoint to ONNX.
//!
//! A checkpoint holds weights and no graph, so the graph stands here: MobileFaceNet-like blocks (expand, depthwise,
//! project), with squeeze-and-excitation where the checkpoint has its weights. Batch normalisation is folded into the
//! layer before it. The input is 80 x 80 BGR in 0..=255; the output `prob` is the softmax over the three classes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};

use super::onnx::{Attribute, GraphBuilder, Value};
use super::torch::{Tensor, read_state_dict};

/// The epsilon of batch normalisation in the published training code.
const EPSILON: f64 = 1e-5;
/// Side of the square input.
const SIDE: usize = 80;
/// Live, and two kinds of spoof.
const CLASSES: usize = 3;
/// The strided blocks, each followed by a run of residual ones.
const STAGES: [(&str, &str); 3] = [("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5")];
/// More residual blocks than any stage has.
const MAX_BLOCKS: usize = 32;

/// Converts a checkpoint.
pub(crate) fn onnx_from_minifasnet(checkpoint: &[u8]) -> Result<Vec<u8>> {
    let state = read_state_dict(checkpoint)?;
    let mut network =
        Network { state: &state, used: BTreeSet::new(), graph: GraphBuilder::new("minifasnet") };
    let features = network.features()?;
    let scores = network.head(features)?;
    let prob = network.graph.node("Softmax", &[scores], vec![("axis", Attribute::Int(1))]);
    network.graph.output("prob", &[1, CLASSES], prob)?;
    // A weight that the graph above does not read would mean that this is some other network.
    if let Some(unused) = state.keys().find(|key| !network.used.contains(key.as_str())) {
        anyhow::bail!("the checkpoint is not a MiniFASNet: nothing uses {unused:?}");
    }
    Ok(network.graph.finish())
}

/// A convolution's place in the network.
#[derive(Debug, Clone, Copy)]
struct Layer<'a> {
    /// Prefix of the convolution's keys.
    conv: &'a str,
    /// Prefix of its batch normalisation's keys.
    norm: &'a str,
    stride: i64,
    padding: i64,
}

struct Network<'a> {
    state: &'a BTreeMap<String, Tensor>,
    used: BTreeSet<&'a str>,
    graph: GraphBuilder,
}

impl<'a> Network<'a> {
    /// From the input to the 512 x 5 x 5 feature map, pooled by a depthwise layer of that size.
    fn features(&mut self) -> Result<Value> {
        let input = self.graph.input("input", &[1, 3, SIDE, SIDE])?;
        let mut x = self.unit(input, "conv1", 2, 1)?;
        x = self.unit(x, "conv2_dw", 1, 1)?;
        for (strided, residual) in STAGES {
            x = self.block(x, strided, 2)?;
            for place in 0..MAX_BLOCKS {
                let block = format!("{residual}.model.{place}");
                if !self.has(&format!("{block}.project.conv.weight")) {
                    break;
                }
                let inner = self.block(x.clone(), &block, 1)?;
                x = self.graph.node("Add", &[x, inner], vec![]);
            }
        }
        x = self.unit(x, "conv_6_sep", 1, 0)?;
        self.linear_unit(x, "conv_6_dw", 0)
    }

    /// Flatten, a normalised linear layer, and the class scores.
    fn head(&mut self, features: Value) -> Result<Value> {
        let flat = self.graph.node("Flatten", &[features], vec![]);
        let (scale, shift) = self.normalisation("bn")?;
        let linear = self.tensor("linear.weight")?;
        let &[embedding, _] = linear.shape.as_slice() else { anyhow::bail!("linear.weight is no matrix") };
        let weights = scale_rows(linear, &scale)?;
        let weights = self.graph.floats(&linear.shape, &weights)?;
        let shift = self.graph.floats(&[embedding], &shift)?;
        let transposed = || vec![("transB", Attribute::Int(1))];
        let embedded = self.graph.node("Gemm", &[flat, weights, shift], transposed());
        let prob = self.tensor("prob.weight")?;
        ensure!(prob.shape == [CLASSES, embedding], "prob.weight has the shape {:?}", prob.shape);
        let mut operands = vec![embedded, self.graph.floats(&prob.shape, &prob.values)?];
        if self.has("prob.bias") {
            let bias = self.tensor("prob.bias")?;
            operands.push(self.graph.floats(&bias.shape, &bias.values)?);
        }
        Ok(self.graph.node("Gemm", &operands, transposed()))
    }

    /// Expand, depthwise, project; squeeze-and-excitation where the checkpoint has it.
    fn block(&mut self, x: Value, prefix: &str, stride: i64) -> Result<Value> {
        let x = self.unit(x, &format!("{prefix}.conv"), 1, 0)?;
        let x = self.unit(x, &format!("{prefix}.conv_dw"), stride, 1)?;
        let x = self.linear_unit(x, &format!("{prefix}.project"), 0)?;
        let module = format!("{prefix}.se_module");
        if !self.has(&format!("{module}.fc1.weight")) {
            return Ok(x);
        }
        let squeezed = self.graph.node("GlobalAveragePool", std::slice::from_ref(&x), vec![]);
        let reduced = self.gate_layer(squeezed, &module, 1)?;
        let reduced = self.graph.node("Relu", &[reduced], vec![]);
        let restored = self.gate_layer(reduced, &module, 2)?;
        let gate = self.graph.node("Sigmoid", &[restored], vec![]);
        Ok(self.graph.node("Mul", &[x, gate], vec![]))
    }

    fn gate_layer(&mut self, x: Value, module: &str, place: usize) -> Result<Value> {
        let (conv, norm) = (format!("{module}.fc{place}"), format!("{module}.bn{place}"));
        self.conv(x, Layer { conv: &conv, norm: &norm, stride: 1, padding: 0 })
    }

    /// Convolution, normalisation, PReLU.
    fn unit(&mut self, x: Value, prefix: &str, stride: i64, padding: i64) -> Result<Value> {
        let (conv, norm) = (format!("{prefix}.conv"), format!("{prefix}.bn"));
        let x = self.conv(x, Layer { conv: &conv, norm: &norm, stride, padding })?;
        let slopes = self.tensor(&format!("{prefix}.prelu.weight"))?;
        let slopes = self.graph.floats(&[slopes.values.len(), 1, 1], &slopes.values)?;
        Ok(self.graph.node("PRelu", &[x, slopes], vec![]))
    }

    /// Convolution and normalisation.
    fn linear_unit(&mut self, x: Value, prefix: &str, padding: i64) -> Result<Value> {
        let (conv, norm) = (format!("{prefix}.conv"), format!("{prefix}.bn"));
        self.conv(x, Layer { conv: &conv, norm: &norm, stride: 1, padding })
    }

    fn conv(&mut self, x: Value, layer: Layer<'_>) -> Result<Value> {
        let name = format!("{}.weight", layer.conv);
        let filter = self.tensor(&name)?;
        let &[out_channels, in_channels, height, width] = filter.shape.as_slice() else {
            anyhow::bail!("{name} is not of rank four");
        };
        let (scale, shift) = self.normalisation(layer.norm)?;
        let values = scale_rows(filter, &scale).with_context(|| name.clone())?;
        let filter = self.graph.floats(&filter.shape, &values)?;
        let shift = self.graph.floats(&[out_channels], &shift)?;
        // No layer of this family has a single input channel unless it works channel by channel.
        let group = if in_channels == 1 { out_channels } else { 1 };
        let integer = |value| i64::try_from(value).context("a size is out of range");
        let attributes = vec![
            ("kernel_shape", Attribute::Ints(vec![integer(height)?, integer(width)?])),
            ("strides", Attribute::Ints(vec![layer.stride; 2])),
            ("pads", Attribute::Ints(vec![layer.padding; 4])),
            ("group", Attribute::Int(integer(group)?)),
        ];
        Ok(self.graph.node("Conv", &[x, filter, shift], attributes))
    }

    /// Batch normalisation of inference as `x * scale + shift`; computed in double precision, rounded once.
    fn normalisation(&mut self, prefix: &str) -> Result<(Vec<f64>, Vec<f32>)> {
        let mut part = |name: &str| Ok::<_, anyhow::Error>(&self.tensor(&format!("{prefix}.{name}"))?.values);
        let (weight, bias) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let len = weight.len();
        ensure!(
            [bias, mean, variance].iter().all(|part| part.len() == len),
            "{prefix} has parts of differing length"
        );
        let scale = weight.iter().zip(variance);
        let scale =
            scale.map(|(&weight, &variance)| f64::from(weight) / (f64::from(variance) + EPSILON).sqrt());
        let scale = scale.collect::<Vec<_>>();
        let shift = bias.iter().zip(mean).zip(&scale);
        let shift = shift.map(|((&bias, &mean), scale)| narrow(f64::from(bias) - f64::from(mean) * scale));
        let shift = shift.collect();
        Ok((scale, shift))
    }

    /// A weight by its name, with or without the prefix that parallel training leaves.
    fn tensor(&mut self, name: &str) -> Result<&'a Tensor> {
        let state = self.state;
        let entry = state.get_key_value(&format!("module.{name}")).or_else(|| state.get_key_value(name));
        let (key, tensor) =
            entry.with_context(|| format!("the checkpoint is not a MiniFASNet: {name} is missing"))?;
        self.used.insert(key);
        Ok(tensor)
    }

    fn has(&self, name: &str) -> bool {
        self.state.contains_key(&format!("module.{name}")) || self.state.contains_key(name)
    }
}

/// Multiplies each slice along the first dimension by its factor.
fn scale_rows(tensor: &Tensor, scale: &[f64]) -> Result<Vec<f32>> {
    ensure!(
        tensor.shape.first() == Some(&scale.len()) && !tensor.values.is_empty(),
        "the normalisation of {} channels does not fit the shape {:?}",
        scale.len(),
        tensor.shape
    );
    let rows = tensor.values.chunks_exact(tensor.values.len() / scale.len());
    let scaled = rows
        .zip(scale)
        .flat_map(|(row, scale)| row.iter().map(move |&value| narrow(f64::from(value) * scale)));
    Ok(scaled.collect())
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::torch::tests::{TensorSpec, checkpoint};

    /// Adds a convolution from `from` to `to` channels with its normalisation, all weights one.
    fn layer(tensors: &mut Vec<TensorSpec>, names: (&str, &str), shape: [u8; 4]) {
        let count = shape.iter().map(|&size| usize::from(size)).product();
        tensors.push((format!("module.{}.weight", names.0), shape.to_vec(), vec![1.0; count]));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            let values = vec![1.0; usize::from(shape[0])];
            tensors.push((format!("module.{}.{part}", names.1), vec![shape[0]], values));
        }
    }

    fn unit(tensors: &mut Vec<TensorSpec>, name: &str, shape: [u8; 4], activated: bool) {
        layer(tensors, (&format!("{name}.conv"), &format!("{name}.bn")), shape);
        if activated {
            let values = vec![0.25; usize::from(shape[0])];
            tensors.push((format!("module.{name}.prelu.weight"), vec![shape[0]], values));
        }
    }

    fn block(tensors: &mut Vec<TensorSpec>, name: &str) {
        unit(tensors, &format!("{name}.conv"), [2, 2, 1, 1], true);
        unit(tensors, &format!("{name}.conv_dw"), [2, 1, 3, 3], true);
        unit(tensors, &format!("{name}.project"), [2, 2, 1, 1], false);
    }

    /// The network with two channels everywhere and one residual block, gated, in the first stage.
    fn small_network() -> Vec<TensorSpec> {
        let mut tensors = vec![];
        unit(&mut tensors, "conv1", [2, 3, 3, 3], true);
        unit(&mut tensors, "conv2_dw", [2, 1, 3, 3], true);
        for name in ["conv_23", "conv_3.model.0", "conv_34", "conv_45"] {
            block(&mut tensors, name);
        }
        for place in ["1", "2"] {
            let module = "conv_3.model.0.se_module";
            layer(
                &mut tensors,
                (&format!("{module}.fc{place}"), &format!("{module}.bn{place}")),
                [2, 2, 1, 1],
            );
        }
        unit(&mut tensors, "conv_6_sep", [2, 2, 1, 1], true);
        unit(&mut tensors, "conv_6_dw", [2, 1, 5, 5], false);
        layer(&mut tensors, ("linear", "bn"), [4, 2, 1, 1]);
        // The head is a matrix, not a convolution.
        for (name, shape, _) in &mut tensors {
            if name == "module.linear.weight" {
                *shape = vec![4, 2];
            }
        }
        tensors.push(("module.prob.weight".into(), vec![3, 4], vec![0.5; 12]));
        tensors
    }

    #[test]
    fn the_graph_follows_the_checkpoint() {
        let onnx = onnx_from_minifasnet(&checkpoint(&small_network())).unwrap();
        let graph = crate::convert::onnx::describe(&onnx);
        let count = |operator: &str| graph.matches(&format!(" = {operator}(")).count();
        // Stem, four blocks of three, two gate layers, two at the end.
        assert_eq!(count("Conv"), 2 + 4 * 3 + 2 + 2);
        assert_eq!((count("Add"), count("Sigmoid"), count("Gemm"), count("Softmax")), (1, 1, 2, 1));
        assert!(graph.ends_with("prob = Identity(softmax_37_)\n"), "{graph}");
        // Scale 1 / sqrt(1 + epsilon), shift 1 - scale.
        let shift = crate::convert::onnx::constant_values(&onnx, "constant_1_");
        assert!((shift[0] - 5.0e-6).abs() < 1e-8, "{shift:?}");
    }

    #[test]
    fn another_network_is_refused() {
        let mut missing = small_network();
        missing.retain(|(name, ..)| name != "module.conv_34.project.bn.bias");
        let error = onnx_from_minifasnet(&checkpoint(&missing)).unwrap_err();
        let expected = "the checkpoint is not a MiniFASNet: conv_34.project.bn.bias is missing";
        assert_eq!(error.to_string(), expected);
        let mut surplus = small_network();
        surplus.push(("module.conv_5.attention.weight".into(), vec![1], vec![1.0]));
        let error = onnx_from_minifasnet(&checkpoint(&surplus)).unwrap_err();
        assert!(error.to_string().ends_with("nothing uses \"module.conv_5.attention.weight\""), "{error}");
    }
}
