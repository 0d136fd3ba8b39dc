//! The filters of a model as whole numbers of one byte, for devices that fetch it.
//!
//! Each output channel has a factor of its own, so that the largest of its weights is 127. Only the filters change:
//! activations, biases and slopes stay floats, and the graph stays ONNX that any engine runs.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;

use super::{Attribute, FLOAT, proto};

/// `TensorProto.DataType` of a signed byte.
const INT8: i32 = 3;
/// The largest weight of a channel.
const LARGEST: f32 = 127.0;

/// The model with every filter of its convolutions in bytes. `onnx` is what this crate's builder wrote.
pub(crate) fn with_eight_bit_filters(onnx: &[u8]) -> Result<Vec<u8>> {
    let mut model = proto::ModelProto::decode(onnx).context("no ONNX file")?;
    let graph = model.graph.as_mut().context("an ONNX file without a graph")?;
    let convolutions = graph.node.iter().filter(|node| node.op_type() == "Conv");
    let filters: BTreeSet<String> = convolutions.filter_map(|node| node.input.get(1).cloned()).collect();
    let (mut constants, mut nodes) = (Vec::new(), Vec::new());
    for constant in std::mem::take(&mut graph.initializer) {
        if filters.contains(constant.name()) {
            nodes.push(split(constant, &mut constants)?);
        } else {
            constants.push(constant);
        }
    }
    nodes.append(&mut graph.node);
    (graph.node, graph.initializer) = (nodes, constants);
    Ok(model.encode_to_vec())
}

/// Puts the bytes and the factors of a filter beside the other constants; the node makes the filter of them.
fn split(filter: proto::TensorProto, constants: &mut Vec<proto::TensorProto>) -> Result<proto::NodeProto> {
    ensure!(filter.data_type() == FLOAT, "a filter that is not of floats");
    let (values, rest) = filter.raw_data().as_chunks::<4>();
    let channels = usize::try_from(*filter.dims.first().context("a filter without channels")?)?;
    ensure!(
        rest.is_empty() && channels > 0 && values.len().is_multiple_of(channels),
        "a filter that is cut off"
    );
    let (mut bytes, mut factors) = (Vec::with_capacity(values.len()), Vec::with_capacity(channels * 4));
    for channel in values.chunks_exact((values.len() / channels).max(1)) {
        let weights: Vec<f32> = channel.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        ensure!(largest.is_finite(), "a filter with a weight that is no number");
        let factor = if largest > 0.0 { largest / LARGEST } else { 1.0 };
        factors.extend(factor.to_le_bytes());
        bytes.extend(weights.iter().flat_map(|weight| byte(weight / factor).to_le_bytes()));
    }
    let name = filter.name().to_owned();
    let dims = vec![i64::try_from(channels)?];
    let constant = |suffix: &str, dims, data_type, raw_data| proto::TensorProto {
        dims,
        data_type: Some(data_type),
        name: Some(format!("{name}{suffix}")),
        raw_data: Some(raw_data),
    };
    let (bytes, factors) =
        (constant("bytes", filter.dims.clone(), INT8, bytes), constant("factors", dims, FLOAT, factors));
    let node = proto::NodeProto {
        input: vec![bytes.name().to_owned(), factors.name().to_owned()],
        output: vec![name.clone()],
        name: Some(name),
        op_type: Some("DequantizeLinear".to_owned()),
        attribute: vec![Attribute::Int(0).into_proto("axis")],
    };
    constants.extend([bytes, factors]);
    Ok(node)
}

/// A weight in units of its channel's factor, as a byte.
fn byte(weight: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a byte holds")]
    let byte = weight.round().clamp(-LARGEST, LARGEST) as i8;
    byte
}

#[cfg(test)]
mod tests {
    use super::super::GraphBuilder;
    use super::*;

    fn model(filter: &[f32]) -> Vec<u8> {
        let mut graph = GraphBuilder::new("small");
        let input = graph.input("input", &[1, 1, 2, 2]).unwrap();
        let filter = graph.floats(&[2, 1, 1, 1], filter).unwrap();
        let bias = graph.floats(&[2], &[0.25, 0.5]).unwrap();
        let convolved = graph.node("Conv", &[input, filter, bias], vec![]);
        graph.output("out", &[1, 2, 2, 2], convolved).unwrap();
        graph.finish()
    }

    #[test]
    fn only_filters_become_bytes() {
        let small = with_eight_bit_filters(&model(&[0.5, -2.0])).unwrap();
        let text = super::super::describe(&small);
        assert!(
            text.contains("constant_0_ = DequantizeLinear(constant_0_bytes, constant_0_factors) axis=0"),
            "{text}"
        );
        assert!(text.contains("constant_1_ [2]"), "{text}");
        let graph = proto::ModelProto::decode(small.as_slice()).unwrap().graph.unwrap();
        let bytes = graph.initializer.iter().find(|constant| constant.name() == "constant_0_bytes").unwrap();
        assert_eq!(bytes.raw_data(), [127, 129], "each channel uses its whole range");
        assert_eq!(bytes.data_type(), INT8);
    }

    #[test]
    fn a_channel_of_nothing_stays_nothing() {
        let small = with_eight_bit_filters(&model(&[0.0, 1.0])).unwrap();
        let graph = proto::ModelProto::decode(small.as_slice()).unwrap().graph.unwrap();
        let bytes = graph.initializer.iter().find(|constant| constant.name() == "constant_0_bytes").unwrap();
        assert_eq!(bytes.raw_data(), [0, 127]);
    }

    #[test]
    fn weights_that_are_no_numbers_are_refused() {
        assert!(with_eight_bit_filters(&model(&[f32::INFINITY, 1.0])).is_err());
        assert!(with_eight_bit_filters(b"no model").is_err());
    }
}
