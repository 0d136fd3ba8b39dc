//! The converter on a model written here byte by byte, and on every way to break it.

use proptest::prelude::*;

use super::onnx_from_tflite;
use crate::convert::onnx::{constant_values, describe};

/// Writes a flatbuffer from the root down. Every field takes four bytes; offsets are filled in by [`Writer::link`].
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn u32(&mut self, value: u32) -> usize {
        self.bytes.extend(value.to_le_bytes());
        self.bytes.len() - 4
    }

    /// A table with its vtable before it. `None` leaves a field out. Yields where the first present field stands.
    fn table(&mut self, fields: &[Option<u32>]) -> Place {
        let vtable = self.bytes.len();
        let present = fields.iter().flatten().count();
        self.bytes.extend(u16::try_from(4 + 2 * fields.len()).unwrap().to_le_bytes());
        self.bytes.extend(u16::try_from(4 + 4 * present).unwrap().to_le_bytes());
        let mut offset = 4_u16;
        for field in fields {
            self.bytes.extend(field.map_or(0, |_| offset).to_le_bytes());
            offset += if field.is_some() { 4 } else { 0 };
        }
        let start = self.bytes.len();
        self.bytes.extend(i32::try_from(start - vtable).unwrap().to_le_bytes());
        let cells = fields.iter().map(|field| field.map(|value| self.u32(value))).collect();
        Place { start, cells }
    }

    fn bytes(&mut self, content: &[u8]) -> Place {
        let start = self.u32(u32::try_from(content.len()).unwrap());
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        Place { start, cells: vec![] }
    }

    fn words(&mut self, words: &[u32]) -> Place {
        let start = self.u32(u32::try_from(words.len()).unwrap());
        let cells = words.iter().map(|&word| Some(self.u32(word))).collect();
        Place { start, cells }
    }

    /// Makes the offset in a cell of `from` point to `to`.
    fn link(&mut self, from: &Place, cell: usize, to: &Place) {
        let cell = from.cells[cell].unwrap();
        let offset = u32::try_from(to.start - cell).unwrap();
        self.bytes[cell..cell + 4].copy_from_slice(&offset.to_le_bytes());
    }
}

struct Place {
    start: usize,
    cells: Vec<Option<usize>>,
}

const SET: Option<u32> = Some(0);

/// One operator: its code, its option table, its inputs and its output.
struct OperatorSpec {
    code: u32,
    options: Option<Vec<Option<u32>>>,
    inputs: Vec<u32>,
    output: u32,
}

/// One tensor: name, shape, element type, content of its buffer.
type TensorSpec<'a> = (&'a str, &'a [u32], u32, Vec<u8>);

fn write_model(
    tensors: &[TensorSpec<'_>],
    operators: &[OperatorSpec],
    inputs: &[u32],
    outputs: &[u32],
) -> Vec<u8> {
    let mut writer = Writer::default();
    let root_cell = Place { start: 0, cells: vec![Some(writer.u32(0))] };
    writer.bytes.extend(b"TFL3");
    let root = writer.table(&[Some(3), SET, SET, None, SET]);
    writer.link(&root_cell, 0, &root);
    let codes = writer.words(&vec![0; operators.len()]);
    writer.link(&root, 1, &codes);
    for (place, operator) in operators.iter().enumerate() {
        let code = writer.table(&[None, None, Some(1), Some(operator.code)]);
        writer.link(&codes, place, &code);
    }
    let subgraphs = writer.words(&[0]);
    writer.link(&root, 2, &subgraphs);
    let subgraph = writer.table(&[SET, SET, SET, SET]);
    writer.link(&subgraphs, 0, &subgraph);
    for (cell, operands) in [(1, inputs), (2, outputs)] {
        let operands = writer.words(operands);
        writer.link(&subgraph, cell, &operands);
    }
    let buffers = writer.words(&vec![0; tensors.len()]);
    writer.link(&root, 4, &buffers);
    let tensor_list = writer.words(&vec![0; tensors.len()]);
    writer.link(&subgraph, 0, &tensor_list);
    for (place, (name, shape, element, content)) in tensors.iter().enumerate() {
        let buffer = writer.table(&[SET]);
        writer.link(&buffers, place, &buffer);
        let content = writer.bytes(content);
        writer.link(&buffer, 0, &content);
        let tensor = writer.table(&[SET, Some(*element), Some(u32::try_from(place).unwrap()), SET]);
        writer.link(&tensor_list, place, &tensor);
        let shape = writer.words(shape);
        writer.link(&tensor, 0, &shape);
        let name = writer.bytes(name.as_bytes());
        writer.link(&tensor, 3, &name);
    }
    let operator_list = writer.words(&vec![0; operators.len()]);
    writer.link(&subgraph, 3, &operator_list);
    for (place, spec) in operators.iter().enumerate() {
        let has_options = spec.options.as_ref().map(|_| 0);
        let operator = writer.table(&[
            Some(u32::try_from(place).unwrap()),
            SET,
            SET,
            has_options.map(|_| 1),
            has_options,
        ]);
        writer.link(&operator_list, place, &operator);
        for (cell, operands) in [(1, spec.inputs.as_slice()), (2, &[spec.output])] {
            let operands = writer.words(operands);
            writer.link(&operator, cell, &operands);
        }
        if let Some(options) = &spec.options {
            let options = writer.table(options);
            writer.link(&operator, 4, &options);
        }
    }
    writer.bytes
}

fn floats(values: impl IntoIterator<Item = u8>) -> Vec<u8> {
    values.into_iter().flat_map(|value| f32::from(value).to_le_bytes()).collect()
}

/// A strided convolution with a half-precision filter and a fused ReLU, then a reshape to rows.
fn small_model() -> Vec<u8> {
    const FLOAT: u32 = 0;
    const HALF: u32 = 1;
    // 0x3c00 is one: the filter holds 1 and 0 by turns.
    let filter = (0..24_u16).flat_map(|place| (if place % 2 == 0 { 0x3c00_u16 } else { 0 }).to_le_bytes());
    let tensors: [TensorSpec<'_>; 6] = [
        ("image", &[1, 4, 6, 2], FLOAT, vec![]),
        ("filter_half", &[3, 2, 2, 2], HALF, filter.collect()),
        ("filter", &[3, 2, 2, 2], FLOAT, vec![]),
        ("bias", &[3], FLOAT, floats(1..=3)),
        ("features", &[1, 2, 3, 3], FLOAT, vec![]),
        ("rows", &[1, 6, 3], FLOAT, vec![]),
    ];
    let operators = [
        OperatorSpec { code: 6, options: None, inputs: vec![1], output: 2 },
        OperatorSpec {
            code: 3,
            options: Some(vec![None, Some(2), Some(2), Some(1)]),
            inputs: vec![0, 2, 3],
            output: 4,
        },
        OperatorSpec { code: 22, options: None, inputs: vec![4], output: 5 },
    ];
    write_model(&tensors, &operators, &[0], &[5])
}

/// A model of one operator over an image 1 x 4 x 6 x 2.
fn one_operator(code: u32, options: Option<Vec<Option<u32>>>) -> Vec<u8> {
    let tensors: [TensorSpec<'_>; 2] =
        [("image", &[1, 4, 6, 2], 0, vec![]), ("out", &[1, 4, 6, 2], 0, vec![])];
    write_model(&tensors, &[OperatorSpec { code, options, inputs: vec![0], output: 1 }], &[0], &[1])
}

#[track_caller]
fn check_error(tflite: &[u8], expected: &str) {
    let error = format!("{:#}", onnx_from_tflite(tflite).unwrap_err());
    assert_eq!(error, expected);
}

#[test]
fn a_small_model_is_translated() {
    let onnx = onnx_from_tflite(&small_model()).unwrap();
    assert_eq!(
        describe(&onnx),
        "constant_0_ [3, 2, 2, 2]\n\
         constant_1_ [3]\n\
         constant_2_ [3]\n\
         conv_0_ = Conv(input, constant_0_, constant_1_) kernel_shape=[2, 2] strides=[2, 2] dilations=[1, 1] \
         pads=[0, 0, 0, 0] group=1\n\
         relu_1_ = Relu(conv_0_)\n\
         transpose_2_ = Transpose(relu_1_) perm=[0, 2, 3, 1]\n\
         reshape_3_ = Reshape(transpose_2_, constant_2_)\n\
         rows = Identity(reshape_3_)\n"
    );
    // The last axis of the filter has moved to the second place: all ones of a channel are together now.
    assert_eq!(constant_values(&onnx, "constant_0_")[..8], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(onnx, onnx_from_tflite(&small_model()).unwrap());
}

#[test]
fn what_is_not_supported_is_named() {
    check_error(b"", "the TFLite file is not readable: the file identifier is missing");
    check_error(
        &one_operator(99, None),
        "the TFLite file is not readable: operator 0: has the unsupported operator code 99",
    );
    check_error(&one_operator(17, None), "the TFLite file is not readable: operator 0: has no options");
    check_error(&one_operator(18, None), "operator 0, Mul(None): has 1 operands instead of 2");
    check_error(
        &one_operator(17, Some(vec![None, Some(0)])),
        "the TFLite file is not readable: operator 0: has a window size of 0",
    );
    check_error(
        &one_operator(1, Some(vec![Some(1), Some(1), Some(1), Some(2), Some(2)])),
        "operator 0, AveragePool { window: Window { padding: Valid, stride: (1, 1), dilation: (1, 1) }, \
         filter: (2, 2) }: an average over less than the whole image is not supported",
    );
}

#[test]
fn every_truncation_is_an_error() {
    let model = small_model();
    // The last four bytes are the end of the last option table, which nothing after the cut can replace.
    for len in 0..model.len() - 4 {
        // A cut inside trailing padding may still leave a whole model; it must not panic.
        let _ = onnx_from_tflite(&model[..len]);
    }
    for len in (0..model.len() / 2).step_by(3) {
        assert!(onnx_from_tflite(&model[..len]).is_err(), "{len}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 8..512)) {
        bytes[4..8].copy_from_slice(b"TFL3");
        prop_assert!(onnx_from_tflite(&bytes).is_err());
    }

    #[test]
    fn a_damaged_model_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut model = small_model();
        for (place, value) in damage {
            let place = place.index(model.len());
            model[place] = value;
        }
        let _ = onnx_from_tflite(&model);
    }
}
