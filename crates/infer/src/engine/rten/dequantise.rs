//! Weights of eight bits as the floats that they stand for, before anything else looks at them.
//!
//! Models for devices that fetch them carry their filters as whole numbers of one byte and one factor for each output
//! channel (`DequantizeLinear` of two constants). Neither the kernel of the depthwise convolutions nor rten's packed
//! weights take those, so they are multiplied out once, when the model is loaded.

use std::collections::BTreeMap;

use prost::Message as _;

use super::wire::{GraphProto, ModelProto, NodeProto, TensorProto};

/// `TensorProto.DataType` of a 32-bit float.
const FLOAT: i32 = 1;
/// `TensorProto.DataType` of a signed byte.
const INT8: i32 = 3;

/// The model with every constant multiplied out; as it is if there is none, or it cannot be read.
pub(super) fn with_floats(onnx: Vec<u8>) -> Vec<u8> {
    let Some(model) = ModelProto::decode(onnx.as_slice()).ok() else { return onnx };
    match model.graph.as_ref().and_then(multiplied_out) {
        Some(graph) => ModelProto { graph: Some(graph), ..model }.encode_to_vec(),
        None => onnx,
    }
}

/// `None` if there is nothing to multiply out.
fn multiplied_out(graph: &GraphProto) -> Option<GraphProto> {
    let mut constants = BTreeMap::new();
    for bytes in &graph.initializer {
        let tensor = TensorProto::decode(bytes.as_slice()).ok()?;
        constants.insert(tensor.name.clone()?, (tensor, bytes));
    }
    let (mut nodes, mut made) = (Vec::new(), Vec::new());
    for bytes in &graph.node {
        let node = NodeProto::decode(bytes.as_slice()).ok()?;
        let constant = |index: usize| Some(&constants.get(node.input.get(index)?)?.0);
        match floats(&node, constant(0), constant(1)) {
            Some(tensor) => made.push((node.input, tensor)),
            None => nodes.push(bytes.clone()),
        }
    }
    if made.is_empty() {
        return None;
    }
    for (inputs, _) in &made {
        inputs.iter().for_each(|name| _ = constants.remove(name));
    }
    let kept = constants.values().map(|(_, bytes)| (*bytes).clone());
    let initializer = kept.chain(made.iter().map(|(_, tensor)| tensor.encode_to_vec())).collect();
    Some(GraphProto { node: nodes, initializer, ..graph.clone() })
}

/// What a node yields, if it multiplies signed bytes by a factor for each channel.
fn floats(
    node: &NodeProto,
    bytes: Option<&TensorProto>,
    factors: Option<&TensorProto>,
) -> Option<TensorProto> {
    let [output] = node.output.as_slice() else { return None };
    if node.op_type.as_deref() != Some("DequantizeLinear") || node.input.len() != 2 {
        return None;
    }
    let (bytes, factors) = (bytes?, factors?);
    let axis = node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some("axis"))?.i?;
    let (factor_bytes, rest) = factors.raw_data.as_deref()?.as_chunks::<4>();
    let is_first =
        axis == 0 && bytes.dims.first().and_then(|n| usize::try_from(*n).ok()) == Some(factor_bytes.len());
    let (values, types) = (bytes.raw_data.as_deref()?, (bytes.data_type, factors.data_type));
    let per_channel = values.len().checked_div(factor_bytes.len())?;
    let fills = bytes.dims.iter().try_fold(1_i64, |product, extent| product.checked_mul(*extent))
        == i64::try_from(values.len()).ok();
    if !is_first || !rest.is_empty() || !fills || per_channel == 0 || types != (Some(INT8), Some(FLOAT)) {
        return None;
    }
    let multiplied = values.chunks_exact(per_channel).zip(factor_bytes).flat_map(|(channel, factor)| {
        let factor = f32::from_le_bytes(*factor);
        channel.iter().flat_map(move |value| (f32::from(value.cast_signed()) * factor).to_le_bytes())
    });
    Some(TensorProto {
        dims: bytes.dims.clone(),
        data_type: Some(FLOAT),
        name: Some(output.clone()),
        raw_data: Some(multiplied.collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::wire::AttributeProto;
    use super::*;

    fn tensor(name: &str, dims: &[i64], data_type: i32, raw_data: Vec<u8>) -> Vec<u8> {
        let (dims, name) = (dims.to_vec(), Some(name.to_owned()));
        TensorProto { dims, data_type: Some(data_type), name, raw_data: Some(raw_data) }.encode_to_vec()
    }

    fn node(op: &str, inputs: &[&str], axis: i64) -> Vec<u8> {
        NodeProto {
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec!["filters".to_owned()],
            op_type: Some(op.to_owned()),
            attribute: vec![AttributeProto {
                name: Some("axis".to_owned()),
                i: Some(axis),
                ..Default::default()
            }],
            domain: None,
        }
        .encode_to_vec()
    }

    fn model(node: Vec<u8>, bytes: Vec<u8>, factors: &[f32]) -> Vec<u8> {
        let factor_bytes: Vec<u8> = factors.iter().flat_map(|factor| factor.to_le_bytes()).collect();
        let channels = i64::try_from(factors.len()).unwrap();
        let graph = GraphProto {
            node: vec![node],
            initializer: vec![
                tensor("bytes", &[2, 3], INT8, bytes),
                tensor("factors", &[channels], FLOAT, factor_bytes),
            ],
            ..Default::default()
        };
        ModelProto { graph: Some(graph), ..Default::default() }.encode_to_vec()
    }

    #[test]
    fn filters_are_multiplied_out_channel_by_channel() {
        let node = node("DequantizeLinear", &["bytes", "factors"], 0);
        let folded = with_floats(model(node, vec![1, 2, 255, 127, 129, 0], &[0.5, 2.0]));
        let graph = ModelProto::decode(folded.as_slice()).unwrap().graph.unwrap();
        assert!(graph.node.is_empty());
        let [only] = graph.initializer.as_slice() else { panic!("one constant is left") };
        let filters = TensorProto::decode(only.as_slice()).unwrap();
        let (values, _) = filters.raw_data.as_deref().unwrap().as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!(values, [0.5, 1.0, -0.5, 254.0, -254.0, 0.0]);
        assert_eq!((filters.name.as_deref(), filters.dims), (Some("filters"), vec![2, 3]));
    }

    #[test]
    fn everything_else_is_left_as_it_is() {
        let of = |node: Vec<u8>, bytes: usize, factors: &[f32]| model(node, vec![1; bytes], factors);
        let usual = || node("DequantizeLinear", &["bytes", "factors"], 0);
        for left in [
            of(node("Conv", &["bytes", "factors"], 0), 6, &[1.0, 1.0]),
            of(node("DequantizeLinear", &["bytes", "factors"], 1), 6, &[1.0, 1.0]),
            of(node("DequantizeLinear", &["bytes", "factors", "zero"], 0), 6, &[1.0, 1.0]),
            of(node("DequantizeLinear", &["bytes", "computed"], 0), 6, &[1.0, 1.0]),
            of(usual(), 5, &[1.0, 1.0]),
            of(usual(), 6, &[1.0, 1.0, 1.0]),
            of(usual(), 6, &[]),
            b"no model".to_vec(),
        ] {
            assert_eq!(with_floats(left.clone()), left);
        }
    }
}
