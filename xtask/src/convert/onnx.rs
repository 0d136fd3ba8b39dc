//! A small ONNX writer: the protobuf messages the converters need, and a graph builder over them.
//!
//! The field numbers are those of the ONNX specification; repeated integers are written unpacked, as its proto2 schema
//! declares them. Nothing here depends on time, hashing order or the machine, so the same weights give the same bytes.

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;

mod eight_bit;

pub(crate) use eight_bit::with_eight_bit_filters;

/// The operator set the graphs are written for.
const OPSET: i64 = 15;
/// The IR version that introduced this operator set.
const IR_VERSION: i64 = 8;
/// `TensorProto.DataType` of a 32-bit float.
const FLOAT: i32 = 1;
/// `TensorProto.DataType` of a 64-bit integer.
const INT64: i32 = 7;
/// More elements than any model here has; a file that makes us pass it is not one of them.
const MAX_CONSTANT_ELEMENTS: usize = 64 << 20;

/// The messages, with the names of the specification.
mod proto {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ModelProto {
        #[prost(int64, optional, tag = "1")]
        pub ir_version: Option<i64>,
        #[prost(string, optional, tag = "2")]
        pub producer_name: Option<String>,
        #[prost(message, optional, tag = "7")]
        pub graph: Option<GraphProto>,
        #[prost(message, repeated, tag = "8")]
        pub opset_import: Vec<OperatorSetIdProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct OperatorSetIdProto {
        #[prost(string, optional, tag = "1")]
        pub domain: Option<String>,
        #[prost(int64, optional, tag = "2")]
        pub version: Option<i64>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct GraphProto {
        #[prost(message, repeated, tag = "1")]
        pub node: Vec<NodeProto>,
        #[prost(string, optional, tag = "2")]
        pub name: Option<String>,
        #[prost(message, repeated, tag = "5")]
        pub initializer: Vec<TensorProto>,
        #[prost(message, repeated, tag = "11")]
        pub input: Vec<ValueInfoProto>,
        #[prost(message, repeated, tag = "12")]
        pub output: Vec<ValueInfoProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct NodeProto {
        #[prost(string, repeated, tag = "1")]
        pub input: Vec<String>,
        #[prost(string, repeated, tag = "2")]
        pub output: Vec<String>,
        #[prost(string, optional, tag = "3")]
        pub name: Option<String>,
        #[prost(string, optional, tag = "4")]
        pub op_type: Option<String>,
        #[prost(message, repeated, tag = "5")]
        pub attribute: Vec<AttributeProto>,
    }

    /// Each value field is optional in the proto2 sense: a zero that was set is written.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct AttributeProto {
        #[prost(string, optional, tag = "1")]
        pub name: Option<String>,
        #[prost(float, optional, tag = "2")]
        pub f: Option<f32>,
        #[prost(int64, optional, tag = "3")]
        pub i: Option<i64>,
        #[prost(bytes = "vec", optional, tag = "4")]
        pub s: Option<Vec<u8>>,
        #[prost(int64, repeated, packed = "false", tag = "8")]
        pub ints: Vec<i64>,
        #[prost(int32, optional, tag = "20")]
        pub r#type: Option<i32>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TensorProto {
        #[prost(int64, repeated, packed = "false", tag = "1")]
        pub dims: Vec<i64>,
        #[prost(int32, optional, tag = "2")]
        pub data_type: Option<i32>,
        #[prost(string, optional, tag = "8")]
        pub name: Option<String>,
        #[prost(bytes = "vec", optional, tag = "9")]
        pub raw_data: Option<Vec<u8>>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ValueInfoProto {
        #[prost(string, optional, tag = "1")]
        pub name: Option<String>,
        #[prost(message, optional, tag = "2")]
        pub r#type: Option<TypeProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TypeProto {
        #[prost(message, optional, tag = "1")]
        pub tensor_type: Option<TensorTypeProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TensorTypeProto {
        #[prost(int32, optional, tag = "1")]
        pub elem_type: Option<i32>,
        #[prost(message, optional, tag = "2")]
        pub shape: Option<TensorShapeProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TensorShapeProto {
        #[prost(message, repeated, tag = "1")]
        pub dim: Vec<DimensionProto>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct DimensionProto {
        #[prost(int64, optional, tag = "1")]
        pub dim_value: Option<i64>,
    }
}

/// An attribute of a node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attribute {
    /// One integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// One float.
    Float(f32),
    /// A short word, for example an interpolation mode.
    Text(&'static str),
}

impl Attribute {
    fn into_proto(self, name: &str) -> proto::AttributeProto {
        let mut attribute = proto::AttributeProto { name: Some(name.to_owned()), ..Default::default() };
        // `AttributeProto.AttributeType` of each form.
        attribute.r#type = Some(match self {
            Self::Float(value) => {
                attribute.f = Some(value);
                1
            }
            Self::Int(value) => {
                attribute.i = Some(value);
                2
            }
            Self::Text(value) => {
                attribute.s = Some(value.as_bytes().to_vec());
                3
            }
            Self::Ints(values) => {
                attribute.ints = values;
                7
            }
        });
        attribute
    }
}

/// The name of a value inside a graph: an input, a constant or what a node yields. Empty for an omitted input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value(String);

impl Value {
    /// An optional input that is left out.
    pub(crate) fn omitted() -> Self {
        Self(String::new())
    }
}

/// Builds one graph, node after node, in an order that is already topological.
#[derive(Debug, Default)]
pub(crate) struct GraphBuilder {
    graph: proto::GraphProto,
    constant_elements: usize,
}

impl GraphBuilder {
    /// An empty graph.
    pub(crate) fn new(name: &str) -> Self {
        let graph = proto::GraphProto { name: Some(name.to_owned()), ..Default::default() };
        Self { graph, constant_elements: 0 }
    }

    /// Declares a float input.
    pub(crate) fn input(&mut self, name: &str, shape: &[usize]) -> Result<Value> {
        self.graph.input.push(value_info(name, shape)?);
        Ok(Value(name.to_owned()))
    }

    /// Declares a value as a float output under a name of its own.
    pub(crate) fn output(&mut self, name: &str, shape: &[usize], value: Value) -> Result<()> {
        let taken = |info: &proto::ValueInfoProto| info.name.as_deref() == Some(name);
        ensure!(
            !self.graph.output.iter().chain(&self.graph.input).any(taken),
            "the graph has two inputs or outputs named {name:?}"
        );
        self.graph.output.push(value_info(name, shape)?);
        self.push("Identity", &[value], vec![], name.to_owned());
        Ok(())
    }

    /// A float constant.
    pub(crate) fn floats(&mut self, shape: &[usize], values: &[f32]) -> Result<Value> {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(shape, values.len(), FLOAT, bytes)
    }

    /// A constant list of integers.
    pub(crate) fn integers(&mut self, values: &[i64]) -> Result<Value> {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(&[values.len()], values.len(), INT64, bytes)
    }

    /// Adds a node with one output.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: Vec<(&str, Attribute)>,
    ) -> Value {
        // A trailing underscore keeps generated names apart from output names such as `conv2d_20`.
        let name = format!("{}_{}_", operator.to_lowercase(), self.graph.node.len());
        self.push(operator, inputs, attributes, name.clone());
        Value(name)
    }

    /// The encoded model.
    pub(crate) fn finish(self) -> Vec<u8> {
        let model = proto::ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("verilume".to_owned()),
            graph: Some(self.graph),
            opset_import: vec![proto::OperatorSetIdProto {
                domain: Some(String::new()),
                version: Some(OPSET),
            }],
        };
        model.encode_to_vec()
    }

    fn push(&mut self, operator: &str, inputs: &[Value], attributes: Vec<(&str, Attribute)>, output: String) {
        self.graph.node.push(proto::NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            name: Some(output.clone()),
            output: vec![output],
            op_type: Some(operator.to_owned()),
            attribute: attributes.into_iter().map(|(name, attribute)| attribute.into_proto(name)).collect(),
        });
    }

    fn constant(
        &mut self,
        shape: &[usize],
        elements: usize,
        data_type: i32,
        raw_data: Vec<u8>,
    ) -> Result<Value> {
        let product = shape.iter().try_fold(1_usize, |product, &dimension| product.checked_mul(dimension));
        ensure!(product == Some(elements), "{elements} values do not fill a constant of shape {shape:?}");
        self.constant_elements = self.constant_elements.saturating_add(elements);
        ensure!(self.constant_elements <= MAX_CONSTANT_ELEMENTS, "the constants of the graph are too large");
        let name = format!("constant_{}_", self.graph.initializer.len());
        self.graph.initializer.push(proto::TensorProto {
            dims: dimensions(shape)?,
            data_type: Some(data_type),
            name: Some(name.clone()),
            raw_data: Some(raw_data),
        });
        Ok(Value(name))
    }
}

fn dimensions(shape: &[usize]) -> Result<Vec<i64>> {
    shape.iter().map(|&dimension| i64::try_from(dimension).context("a dimension is out of range")).collect()
}

fn value_info(name: &str, shape: &[usize]) -> Result<proto::ValueInfoProto> {
    let dim = dimensions(shape)?
        .into_iter()
        .map(|dimension| proto::DimensionProto { dim_value: Some(dimension) })
        .collect();
    let tensor_type =
        proto::TensorTypeProto { elem_type: Some(FLOAT), shape: Some(proto::TensorShapeProto { dim }) };
    Ok(proto::ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(proto::TypeProto { tensor_type: Some(tensor_type) }),
    })
}

/// A model as text, for assertions: constants with their shapes, then nodes, then outputs.
#[cfg(test)]
pub(super) fn describe(onnx: &[u8]) -> String {
    use std::fmt::Write as _;

    let graph = proto::ModelProto::decode(onnx).unwrap().graph.unwrap();
    let mut text = String::new();
    for constant in &graph.initializer {
        writeln!(text, "{} {:?}", constant.name(), constant.dims).unwrap();
    }
    for node in &graph.node {
        write!(text, "{} = {}({})", node.output.join(", "), node.op_type(), node.input.join(", ")).unwrap();
        for attribute in &node.attribute {
            let value = match attribute.r#type() {
                1 => attribute.f().to_string(),
                2 => attribute.i().to_string(),
                3 => String::from_utf8(attribute.s().to_vec()).unwrap(),
                _ => format!("{:?}", attribute.ints),
            };
            write!(text, " {}={value}", attribute.name()).unwrap();
        }
        text.push('\n');
    }
    text
}

/// The values of a float constant, for assertions.
#[cfg(test)]
pub(super) fn constant_values(onnx: &[u8], name: &str) -> Vec<f32> {
    let graph = proto::ModelProto::decode(onnx).unwrap().graph.unwrap();
    let constant = graph.initializer.iter().find(|constant| constant.name() == name).unwrap();
    constant.raw_data().as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_attribute_is_written() {
        let encoded = Attribute::Int(0).into_proto("axis").encode_to_vec();
        assert_eq!(encoded, b"\x0a\x04axis\x18\x00\xa0\x01\x02");
    }

    #[test]
    fn a_constant_must_fill_its_shape() {
        let error = GraphBuilder::new("g").floats(&[2, 3], &[0.0; 5]).unwrap_err();
        assert_eq!(error.to_string(), "5 values do not fill a constant of shape [2, 3]");
    }

    #[test]
    fn an_encoded_model_reads_back() {
        let mut graph = GraphBuilder::new("g");
        let input = graph.input("input", &[1, 3]).unwrap();
        let bias = graph.floats(&[3], &[1.0, 2.0, 3.0]).unwrap();
        let sum = graph.node("Add", &[input, bias], vec![]);
        graph.output("sum", &[1, 3], sum).unwrap();
        let model = proto::ModelProto::decode(graph.finish().as_slice()).unwrap();
        let graph = model.graph.unwrap();
        assert_eq!(graph.node[0].input, ["input", "constant_0_"]);
        assert_eq!(graph.node[1].output, ["sum"]);
        assert_eq!(graph.initializer[0].raw_data.as_ref().map(Vec::len), Some(12));
        assert_eq!(model.opset_import[0].version, Some(OPSET));
    }

    #[test]
    fn two_outputs_cannot_share_a_name() {
        let mut graph = GraphBuilder::new("g");
        let input = graph.input("input", &[1]).unwrap();
        assert!(graph.output("input", &[1], input).is_err());
    }
}
