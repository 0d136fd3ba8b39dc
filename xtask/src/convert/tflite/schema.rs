//! The part of the TFLite schema that the converter reads, as plain values.
//!
//! Numbers in `table.u8(3, ..)` and the like are field places of the published schema, version 3.

use anyhow::{Context as _, Result, bail, ensure};

use super::flatbuffer::{Flatbuffer, Table};

/// `file_identifier` of the schema.
const IDENTIFIER: [u8; 4] = *b"TFL3";
/// Bounds far above the models this project converts; they keep a hostile file from costing more than its own size.
const MAX_TENSORS: usize = 4096;
const MAX_OPERATORS: usize = 4096;
const MAX_BUFFERS: usize = 4096;
const MAX_OPERANDS: usize = 16;
const MAX_RANK: usize = 5;
/// Above any dimension in use; products of [`MAX_RANK`] of them are still checked.
const MAX_DIMENSION: i32 = 1 << 24;

/// Element type of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// 32-bit float.
    Float32,
    /// 16-bit float.
    Float16,
    /// 32-bit integer.
    Int32,
}

/// A tensor of the subgraph.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'a> {
    pub(super) name: &'a str,
    /// Dimensions as stored: activations are NHWC. Empty for outputs of custom operators.
    pub(super) shape: Vec<usize>,
    pub(super) element: Element,
    /// The constant bytes; empty for what the graph computes.
    pub(super) bytes: &'a [u8],
}

/// How a window is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// The output has the input's size divided by the stride, rounded up.
    Same,
    /// No padding.
    Valid,
}

/// An activation fused into an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    None,
    Relu,
    Relu6,
}

/// A window that moves over height and width. Pairs are (height, width).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) padding: Padding,
    pub(super) stride: (usize, usize),
    pub(super) dilation: (usize, usize),
}

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Add(Activation),
    Mul(Activation),
    Concatenation { axis: i32 },
    Conv { window: Window, activation: Activation },
    DepthwiseConv { window: Window, activation: Activation },
    TransposeConvBias { padding: Padding, stride: (usize, usize) },
    AveragePool { window: Window, filter: (usize, usize) },
    MaxPool { window: Window, filter: (usize, usize) },
    Dequantize,
    HardSwish,
    Logistic,
    Pad,
    PRelu,
    Relu,
    Reshape,
    ResizeBilinear { align_corners: bool, half_pixel_centers: bool },
}

/// An operator of the subgraph; operands are places in [`Model::tensors`].
#[derive(Debug, Clone)]
pub(super) struct Operator {
    pub(super) operation: Operation,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
}

/// The one subgraph of a model.
#[derive(Debug, Clone)]
pub(super) struct Model<'a> {
    pub(super) tensors: Vec<Tensor<'a>>,
    pub(super) operators: Vec<Operator>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
}

impl<'a> Model<'a> {
    /// Reads a model; anything outside the supported part is an error that names it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let root = Flatbuffer::new(bytes, IDENTIFIER)?.root()?;
        let subgraphs = root.vector(2, 4)?;
        ensure!(subgraphs.len() == 1, "the model has {} subgraphs instead of one", subgraphs.len());
        let subgraph = *subgraphs.tables()?.first().context("the model has no subgraph")?;
        let buffers = bounded_tables(&root, 4, MAX_BUFFERS, "buffers")?;
        let tensors = bounded_tables(&subgraph, 0, MAX_TENSORS, "tensors")?
            .iter()
            .map(|tensor| read_tensor(tensor, &buffers))
            .collect::<Result<Vec<_>>>()?;
        let codes = bounded_tables(&root, 1, MAX_OPERATORS, "operator codes")?;
        let operators = bounded_tables(&subgraph, 3, MAX_OPERATORS, "operators")?
            .iter()
            .enumerate()
            .map(|(place, operator)| {
                read_operator(operator, &codes, tensors.len()).with_context(|| format!("operator {place}"))
            })
            .collect::<Result<Vec<_>>>()?;
        let inputs = operands(&subgraph, 1, tensors.len())?;
        let outputs = operands(&subgraph, 2, tensors.len())?;
        Ok(Self { tensors, operators, inputs, outputs })
    }
}

fn bounded_tables<'a>(table: &Table<'a>, field: usize, most: usize, what: &str) -> Result<Vec<Table<'a>>> {
    let vector = table.vector(field, 4)?;
    ensure!(vector.len() <= most, "the model has {} {what}, more than {most}", vector.len());
    vector.tables()
}

fn read_tensor<'a>(table: &Table<'a>, buffers: &[Table<'a>]) -> Result<Tensor<'a>> {
    let name = table.text(3)?;
    let dimensions = table.vector(0, 4)?;
    ensure!(dimensions.len() <= MAX_RANK, "the tensor {name:?} has {} dimensions", dimensions.len());
    let dimension = |value: i32| {
        ensure!((1..=MAX_DIMENSION).contains(&value), "the tensor {name:?} has a dimension of {value}");
        usize::try_from(value).context("a dimension is out of range")
    };
    let shape = dimensions.integers()?.into_iter().map(dimension).collect::<Result<_>>()?;
    ensure!(table.table(6)?.is_none(), "the tensor {name:?} is sparse, which is not supported");
    let element = match table.u8(1, 0)? {
        0 => Element::Float32,
        1 => Element::Float16,
        2 => Element::Int32,
        other => bail!("the tensor {name:?} has the unsupported element type {other}"),
    };
    let buffer =
        buffers.get(table.index(2)?).with_context(|| format!("the tensor {name:?} has no buffer"))?;
    Ok(Tensor { name, shape, element, bytes: buffer.bytes(0)? })
}

fn read_operator(table: &Table<'_>, codes: &[Table<'_>], tensor_count: usize) -> Result<Operator> {
    let code = codes.get(table.index(0)?).context("has no operator code")?;
    let inputs = operands(table, 1, tensor_count)?;
    let outputs = operands(table, 2, tensor_count)?;
    let &[output] = outputs.as_slice() else { bail!("has {} outputs instead of one", outputs.len()) };
    Ok(Operator { operation: read_operation(table, code)?, inputs, output })
}

fn operands(table: &Table<'_>, field: usize, tensor_count: usize) -> Result<Vec<usize>> {
    let vector = table.vector(field, 4)?;
    ensure!(vector.len() <= MAX_OPERANDS, "has {} operands, more than {MAX_OPERANDS}", vector.len());
    let place = |value: i32| {
        let place = usize::try_from(value).ok().filter(|&place| place < tensor_count);
        place.with_context(|| format!("has the unknown operand {value}"))
    };
    vector.integers()?.into_iter().map(place).collect()
}

fn read_operation(table: &Table<'_>, code: &Table<'_>) -> Result<Operation> {
    // Codes above 127 do not fit the older byte field, which then holds a placeholder; the larger of both counts.
    let builtin = code.i32(3, 0)?.max(i32::from(code.u8(0, 0)?));
    let options = table.table(4)?;
    let options = || options.context("has no options");
    Ok(match builtin {
        0 => Operation::Add(fused(table, 0)?),
        1 => {
            let (window, filter) = pool(&options()?)?;
            Operation::AveragePool { window, filter }
        }
        2 => {
            ensure!(
                activation(&options()?, 1)? == Activation::None,
                "fuses an activation into a concatenation"
            );
            Operation::Concatenation { axis: options()?.i32(0, 0)? }
        }
        3 => {
            let options = options()?;
            Operation::Conv { window: window(&options, Some((5, 4)))?, activation: activation(&options, 3)? }
        }
        4 => {
            let options = options()?;
            ensure!(options.i32(3, 0)? == 1, "has a depth multiplier, which is not supported");
            let window = window(&options, Some((6, 5)))?;
            Operation::DepthwiseConv { window, activation: activation(&options, 4)? }
        }
        6 => Operation::Dequantize,
        14 => Operation::Logistic,
        17 => {
            let (window, filter) = pool(&options()?)?;
            Operation::MaxPool { window, filter }
        }
        18 => Operation::Mul(fused(table, 0)?),
        19 => Operation::Relu,
        22 => Operation::Reshape,
        23 => Operation::ResizeBilinear {
            align_corners: options()?.bool(2)?,
            half_pixel_centers: options()?.bool(3)?,
        },
        32 => custom(table, code)?,
        34 => Operation::Pad,
        54 => Operation::PRelu,
        117 => Operation::HardSwish,
        other => bail!("has the unsupported operator code {other}"),
    })
}

/// MediaPipe's own operator; its options are three little-endian integers: padding, stride in x, stride in y.
fn custom(table: &Table<'_>, code: &Table<'_>) -> Result<Operation> {
    let name = code.text(1)?;
    ensure!(name == "Convolution2DTransposeBias", "has the unsupported custom operator {name:?}");
    let (words, rest) = table.bytes(5)?.as_chunks::<4>();
    let &[padding_word, x, y] = words else { bail!("has options of an unknown form") };
    ensure!(rest.is_empty(), "has options of an unknown form");
    let stride = |word| positive(i32::from_le_bytes(word));
    // Unlike the builtin enumeration this one counts from an unused zero.
    let padding = match i32::from_le_bytes(padding_word) {
        1 => Padding::Same,
        2 => Padding::Valid,
        other => bail!("has the unknown padding {other}"),
    };
    Ok(Operation::TransposeConvBias { padding, stride: (stride(y)?, stride(x)?) })
}

fn fused(table: &Table<'_>, field: usize) -> Result<Activation> {
    table.table(4)?.map_or(Ok(Activation::None), |options| activation(&options, field))
}

fn activation(options: &Table<'_>, field: usize) -> Result<Activation> {
    Ok(match options.u8(field, 0)? {
        0 => Activation::None,
        1 => Activation::Relu,
        3 => Activation::Relu6,
        other => bail!("fuses the unsupported activation {other}"),
    })
}

/// Padding and strides stand at the same places in every option table; dilation, as (height, width), does not.
fn window(options: &Table<'_>, dilation: Option<(usize, usize)>) -> Result<Window> {
    let padding = match options.u8(0, 0)? {
        0 => Padding::Same,
        1 => Padding::Valid,
        other => bail!("has the unknown padding {other}"),
    };
    let dilation = match dilation {
        Some((height, width)) => (positive(options.i32(height, 1)?)?, positive(options.i32(width, 1)?)?),
        None => (1, 1),
    };
    Ok(Window { padding, stride: (positive(options.i32(2, 0)?)?, positive(options.i32(1, 0)?)?), dilation })
}

fn pool(options: &Table<'_>) -> Result<(Window, (usize, usize))> {
    ensure!(activation(options, 5)? == Activation::None, "fuses an activation into a pool");
    Ok((window(options, None)?, (positive(options.i32(4, 0)?)?, positive(options.i32(3, 0)?)?)))
}

fn positive(value: i32) -> Result<usize> {
    ensure!((1..=MAX_DIMENSION).contains(&value), "has a window size of {value}");
    usize::try_from(value).context("a window size is out of range")
}
