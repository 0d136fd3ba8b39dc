//! Cuts a graph at its depthwise convolutions.
//!
//! The result is a list of steps in order: a smaller ONNX model for rten, or a depthwise convolution for our own kernel.
//! What one step hands to a later one lies in a numbered slot.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;

use super::depthwise::DepthwiseConv;
use super::wire::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

/// `TensorProto.DataType` of a 32-bit float.
const FLOAT: i32 = 1;

/// A graph as steps.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) slot_count: usize,
    /// Where the network's input is expected.
    pub(super) input: usize,
    /// Where the network's outputs are found in the end, in the graph's order.
    pub(super) outputs: Vec<usize>,
}

/// One step.
#[derive(Debug)]
pub(super) enum Step {
    /// A part for rten.
    Graph {
        onnx: Vec<u8>,
        /// Names within the part and their slots.
        inputs: Vec<(String, usize)>,
        outputs: Vec<(String, usize)>,
    },
    /// A convolution for our own kernel.
    Depthwise { conv: DepthwiseConv, input: usize, output: usize },
}

/// Splits a model; `None` if it has no depthwise convolution, or something in it that is better left to rten whole.
pub(super) fn split(onnx: &[u8]) -> Option<Steps> {
    let model = ModelProto::decode(onnx).ok()?;
    let graph = model.graph.as_ref()?;
    let nodes: Vec<NodeProto> =
        graph.node.iter().map(|bytes| NodeProto::decode(bytes.as_slice())).collect::<Result<_, _>>().ok()?;
    // Functions and inner graphs reach values that their node does not list.
    let has_inner_graph = |node: &NodeProto| {
        node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
    };
    if !model.functions.is_empty() || nodes.iter().any(has_inner_graph) {
        return None;
    }
    Splitter::new(&model, graph, &nodes)?.run()
}

struct Splitter<'a> {
    model: &'a ModelProto,
    graph: &'a GraphProto,
    nodes: &'a [NodeProto],
    /// Constants by name: decoded, and as they were read.
    constants: BTreeMap<String, (TensorProto, &'a [u8])>,
    /// The network's input: its name and declaration.
    input: (String, &'a [u8]),
    outputs: Vec<String>,
    slots: BTreeMap<&'a str, usize>,
}

impl<'a> Splitter<'a> {
    fn new(model: &'a ModelProto, graph: &'a GraphProto, nodes: &'a [NodeProto]) -> Option<Self> {
        let mut constants = BTreeMap::new();
        for bytes in &graph.initializer {
            let tensor = TensorProto::decode(bytes.as_slice()).ok()?;
            constants.insert(tensor.name.clone()?, (tensor, bytes.as_slice()));
        }
        let mut inputs = named(&graph.input)?;
        // Old files list their constants among the inputs.
        inputs.retain(|(name, _)| !constants.contains_key(name));
        let input = inputs.pop().filter(|_| inputs.is_empty())?;
        let outputs = named(&graph.output)?.into_iter().map(|(name, _)| name).collect();
        Some(Self { model, graph, nodes, constants, input, outputs, slots: BTreeMap::new() })
    }

    fn run(mut self) -> Option<Steps> {
        let convs: Vec<Option<DepthwiseConv>> = self.nodes.iter().map(|node| self.depthwise(node)).collect();
        if convs.iter().all(Option::is_none) {
            return None;
        }
        let nodes = self.nodes;
        let mut steps = Vec::new();
        let mut begin = 0;
        for (index, conv) in convs.into_iter().enumerate() {
            let Some(conv) = conv else { continue };
            steps.extend(self.part(begin, index));
            let node = &nodes[index];
            let (input, output) = (self.slot_of(&node.input[0]), self.slot_of(&node.output[0]));
            steps.push(Step::Depthwise { conv, input, output });
            begin = index + 1;
        }
        steps.extend(self.part(begin, nodes.len()));
        let input_name = self.input.0.clone();
        let outputs = self.outputs.clone();
        let slot = |name: &str| self.slots.get(name).copied();
        Some(Steps {
            input: slot(&input_name)?,
            outputs: outputs.iter().map(|name| slot(name)).collect::<Option<_>>()?,
            slot_count: self.slots.len(),
            steps,
        })
    }

    fn slot_of(&mut self, name: &'a str) -> usize {
        let next = self.slots.len();
        *self.slots.entry(name).or_insert(next)
    }

    /// The nodes from `begin` up to `end` as a model of their own; nothing if there are none.
    fn part(&mut self, begin: usize, end: usize) -> Option<Step> {
        let nodes = self.nodes.get(begin..end).filter(|nodes| !nodes.is_empty())?;
        let made: BTreeSet<&str> = nodes.iter().flat_map(|node| &node.output).map(String::as_str).collect();
        let used: BTreeSet<&'a str> = names(nodes).collect();
        let later: BTreeSet<&str> =
            names(&self.nodes[end..]).chain(self.outputs.iter().map(String::as_str)).collect();
        let given: Vec<&'a str> = used
            .iter()
            .filter(|name| !made.contains(**name) && !self.constants.contains_key(**name))
            .copied()
            .collect();
        let kept: Vec<&'a str> = nodes
            .iter()
            .flat_map(|node| &node.output)
            .map(String::as_str)
            .filter(|name| later.contains(name))
            .collect();
        let declared = |name: &str| {
            if name == self.input.0 {
                return self.input.1.to_vec();
            }
            ValueInfoProto { name: Some(name.to_owned()) }.encode_to_vec()
        };
        let graph = GraphProto {
            node: self.graph.node[begin..end].to_vec(),
            name: self.graph.name.clone(),
            initializer: used
                .iter()
                .filter_map(|name| self.constants.get(*name))
                .map(|(_, bytes)| bytes.to_vec())
                .collect(),
            input: given.iter().map(|name| declared(name)).collect(),
            output: kept.iter().map(|name| declared(name)).collect(),
        };
        let onnx = ModelProto { graph: Some(graph), ..self.model.clone() }.encode_to_vec();
        let mut slotted = |names: Vec<&'a str>| {
            names.into_iter().map(|name| (name.to_owned(), self.slot_of(name))).collect::<Vec<_>>()
        };
        Some(Step::Graph { onnx, inputs: slotted(given), outputs: slotted(kept) })
    }

    /// The convolution that a node stands for, if our kernel can do it.
    fn depthwise(&self, node: &NodeProto) -> Option<DepthwiseConv> {
        let is_conv =
            node.op_type.as_deref() == Some("Conv") && node.domain.as_deref().unwrap_or("").is_empty();
        if !is_conv || node.output.len() != 1 {
            return None;
        }
        let ints = |name: &str, default: &[i64]| match attribute(node, name) {
            Some(attribute) => attribute.ints.clone(),
            None => default.to_vec(),
        };
        let (input, filter) = (node.input.first()?, node.input.get(1)?);
        let (dims, filters) = self.floats(filter)?;
        let [channels, 1, rows, columns] = *dims else { return None };
        let plain = attribute(node, "group").and_then(|group| group.i) == Some(channels)
            && ints("dilations", &[1, 1]).iter().all(|dilation| *dilation == 1)
            && attribute(node, "auto_pad").is_none_or(|pad| pad.s.as_deref() == Some(b"NOTSET"));
        if !plain || self.constants.contains_key(input) {
            return None;
        }
        let biases = match node.input.get(2).filter(|name| !name.is_empty()) {
            Some(bias) => self.floats(bias)?.1,
            None => vec![0.0; usize::try_from(channels).ok()?],
        };
        let conv = DepthwiseConv {
            kernel: sizes([rows, columns])?,
            strides: sizes(ints("strides", &[1, 1]).try_into().ok()?)?,
            pads: sizes(ints("pads", &[0; 4]).try_into().ok()?)?,
            filters,
            biases,
        };
        let positive = conv.kernel.iter().chain(&conv.strides).all(|extent| *extent > 0);
        (positive && i64::try_from(conv.biases.len()) == Ok(channels)).then_some(conv)
    }

    /// A constant's shape and values, if it holds 32-bit floats that fill its shape.
    fn floats(&self, name: &str) -> Option<(&[i64], Vec<f32>)> {
        let (tensor, _) = self.constants.get(name)?;
        let (values, rest) = tensor.raw_data.as_deref()?.as_chunks::<4>();
        let product = tensor.dims.iter().try_fold(1_i64, |product, extent| product.checked_mul(*extent))?;
        let fills = rest.is_empty() && i64::try_from(values.len()) == Ok(product);
        let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        (fills && tensor.data_type == Some(FLOAT)).then_some((&tensor.dims, values))
    }
}

/// The values that nodes take, omitted ones left out.
fn names(nodes: &[NodeProto]) -> impl Iterator<Item = &str> {
    nodes.iter().flat_map(|node| &node.input).map(String::as_str).filter(|name| !name.is_empty())
}

fn named(declarations: &[Vec<u8>]) -> Option<Vec<(String, &[u8])>> {
    declarations
        .iter()
        .map(|bytes| Some((ValueInfoProto::decode(bytes.as_slice()).ok()?.name?, bytes.as_slice())))
        .collect()
}

fn attribute<'n>(node: &'n NodeProto, name: &str) -> Option<&'n super::wire::AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

fn sizes<const N: usize>(values: [i64; N]) -> Option<[usize; N]> {
    let mut sizes = [0; N];
    for (size, value) in sizes.iter_mut().zip(values) {
        *size = usize::try_from(value).ok()?;
    }
    Some(sizes)
}
