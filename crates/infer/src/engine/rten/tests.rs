//! A network in parts against the same network whole.

use prost::Message as _;

use super::wire::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use super::*;

const CHANNELS: i64 = 4;

fn attribute(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: Some(name.to_owned()), ints: ints.to_vec(), ..Default::default() }
}

fn node(operator: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: Some(operator.to_owned()),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        attribute,
        domain: None,
    }
}

/// A 3 x 3 convolution of [`CHANNELS`] channels in `group` groups that keeps the size of the map.
fn conv(inputs: &[&str], output: &str, group: i64) -> NodeProto {
    let group = AttributeProto { name: Some("group".to_owned()), i: Some(group), ..Default::default() };
    node(
        "Conv",
        inputs,
        output,
        vec![
            group,
            attribute("strides", &[1, 1]),
            attribute("dilations", &[1, 1]),
            attribute("pads", &[1, 1, 1, 1]),
        ],
    )
}

fn constant(name: &str, dims: &[i64]) -> TensorProto {
    let count = u16::try_from(dims.iter().product::<i64>()).unwrap();
    let values = (0..count).flat_map(|k| (f32::from(k * 37 % 29) / 29.0 - 0.5).to_le_bytes());
    TensorProto {
        name: Some(name.to_owned()),
        dims: dims.to_vec(),
        data_type: Some(1),
        raw_data: Some(values.collect()),
    }
}

fn model(nodes: &[NodeProto], outputs: &[&str]) -> Vec<u8> {
    let declared = |name: &str| ValueInfoProto { name: Some(name.to_owned()) }.encode_to_vec();
    let constants = [
        constant("filter", &[CHANNELS, 1, 3, 3]),
        constant("full", &[CHANNELS, CHANNELS, 3, 3]),
        constant("bias", &[CHANNELS]),
    ];
    let graph = GraphProto {
        node: nodes.iter().map(|node| node.encode_to_vec()).collect(),
        name: Some("test".to_owned()),
        initializer: constants.iter().map(|constant| constant.encode_to_vec()).collect(),
        input: vec![declared("input")],
        output: outputs.iter().map(|name| declared(name)).collect(),
    };
    ModelProto {
        ir_version: Some(8),
        graph: Some(graph),
        // The default operator set, version 15.
        opset_import: vec![vec![0x10, 15]],
        functions: vec![],
    }
    .encode_to_vec()
}

/// Runs `nodes` whole and in parts, and compares; yields the number of parts and of depthwise ones among them.
#[track_caller]
fn check(nodes: &[NodeProto], outputs: &[&str]) -> (usize, usize) {
    let onnx = model(nodes, outputs);
    let parts = Parts::load(split::split(&onnx).expect("a depthwise convolution")).unwrap();
    let shape = [1, 4, 7, 6];
    let values = (0..168_u16).map(|k| f32::from(k * 53 % 101) / 50.0 - 1.0).collect();
    let input = Tensor::new(&shape, values).unwrap();
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let expected = Parts::whole(onnx).unwrap().run(&input, &pool).unwrap();
    // Twice: the first run must leave nothing behind.
    for _ in 0..2 {
        let found = parts.run(&input, &pool).unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.shape(), expected.shape());
            let pairs = found.values().iter().zip(expected.values());
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-5, "{worst}");
        }
    }
    let depthwise = parts.parts.iter().filter(|part| matches!(part, Part::Depthwise { .. })).count();
    (parts.parts.len(), depthwise)
}

#[test]
fn a_residual_block_survives_the_cut() {
    let nodes = [
        node("Relu", &["input"], "a", vec![]),
        conv(&["a", "filter", "bias"], "b", CHANNELS),
        conv(&["b", "full"], "c", 1),
        // `a` is taken on both sides of the cut.
        node("Add", &["a", "c"], "d", vec![]),
        conv(&["d", "filter"], "e", CHANNELS),
        node("Mul", &["e", "input"], "out", vec![]),
    ];
    assert_eq!(check(&nodes, &["out"]), (5, 2));
}

#[test]
fn neighbours_and_ends_of_the_graph_may_be_depthwise() {
    let nodes = [
        conv(&["input", "filter"], "first", CHANNELS),
        conv(&["first", "filter", "bias"], "second", CHANNELS),
        node("Relu", &["first"], "third", vec![]),
        conv(&["third", "filter"], "fourth", CHANNELS),
    ];
    assert_eq!(check(&nodes, &["second", "fourth", "first"]), (4, 3));
}

#[test]
fn what_our_kernel_cannot_do_stays_with_rten() {
    let dilated = node(
        "Conv",
        &["input", "filter"],
        "out",
        vec![
            AttributeProto { name: Some("group".to_owned()), i: Some(CHANNELS), ..Default::default() },
            attribute("dilations", &[2, 2]),
        ],
    );
    assert!(split::split(&model(&[dilated], &["out"])).is_none(), "dilated");
    let grouped = conv(&["input", "full"], "out", 1);
    assert!(split::split(&model(&[grouped], &["out"])).is_none(), "not depthwise");
    let mut looping = conv(&["input", "filter"], "out", CHANNELS);
    looping.attribute.push(AttributeProto {
        name: Some("body".to_owned()),
        g: Some(vec![]),
        ..Default::default()
    });
    assert!(split::split(&model(&[looping], &["out"])).is_none(), "inner graph");
    assert!(split::split(b"not a model").is_none());
}

#[test]
fn an_input_that_does_not_fit_is_an_error() {
    let onnx = model(&[conv(&["input", "filter"], "out", CHANNELS)], &["out"]);
    let network = Rten::new().load(onnx).unwrap();
    for shape in [&[1, 3, 7, 6][..], &[1, 4, 7], &[1, 8, 7, 6]] {
        assert_eq!(network.run(&Tensor::zeros(shape)).unwrap_err().kind(), InferErrorKind::Run, "{shape:?}");
    }
}
