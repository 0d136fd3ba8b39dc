//! One translation per supported TFLite operator.

use anyhow::{Context as _, Result, bail, ensure};

use super::schema::{Activation, Operation, Operator, Padding, Window};
use super::translate::{NCHW_FROM_NHWC, Translator, permute};
use crate::convert::onnx::{Attribute, Value};

/// OHWI filters to OIHW.
const OIHW_FROM_OHWI: [usize; 4] = NCHW_FROM_NHWC;
/// Depthwise filters, 1 x H x W x C, to C x 1 x H x W; OHWI filters of a transposed convolution to IOHW.
const LAST_AXIS_FIRST: [usize; 4] = [3, 0, 1, 2];

/// Padding before and after one axis.
type Margins = (usize, usize);

impl Translator<'_> {
    /// Translates one operator and records its output.
    pub(super) fn translate(&mut self, operator: &Operator) -> Result<()> {
        let inputs = operator.inputs.as_slice();
        let value = match operator.operation {
            Operation::Dequantize => {
                let [constant] = operands(inputs)?;
                return self.set_alias(operator.output, constant);
            }
            Operation::Add(activation) => self.binary("Add", inputs, activation)?,
            Operation::Mul(activation) => self.binary("Mul", inputs, activation)?,
            Operation::Relu => self.unary("Relu", inputs)?,
            Operation::Logistic => self.unary("Sigmoid", inputs)?,
            Operation::HardSwish => self.hard_swish(inputs)?,
            Operation::PRelu => self.prelu(inputs)?,
            Operation::Conv { window, activation } => self.conv(inputs, window, activation, false)?,
            Operation::DepthwiseConv { window, activation } => self.conv(inputs, window, activation, true)?,
            Operation::TransposeConvBias { padding, stride } => {
                self.transpose_conv(inputs, operator.output, padding, stride)?
            }
            Operation::MaxPool { window, filter } => self.max_pool(inputs, window, filter)?,
            Operation::AveragePool { window, filter } => self.average_pool(inputs, window, filter)?,
            Operation::Pad => self.pad(inputs)?,
            Operation::Concatenation { axis } => self.concatenation(inputs, axis)?,
            Operation::Reshape => self.reshape(inputs, operator.output)?,
            Operation::ResizeBilinear { align_corners, half_pixel_centers } => {
                self.resize(inputs, align_corners, half_pixel_centers)?
            }
        };
        self.set(operator.output, value)
    }

    fn unary(&mut self, name: &str, inputs: &[usize]) -> Result<Value> {
        let [input] = operands(inputs)?;
        let value = self.value(input)?;
        Ok(self.graph.node(name, &[value], vec![]))
    }

    /// Operands of one rank broadcast alike in both layouts; of differing ranks they would not.
    fn binary(&mut self, name: &str, inputs: &[usize], activation: Activation) -> Result<Value> {
        let [left, right] = operands(inputs)?;
        ensure!(self.shape(left)?.len() == self.shape(right)?.len(), "the operands have different ranks");
        let operands = [self.value(left)?, self.value(right)?];
        let value = self.graph.node(name, &operands, vec![]);
        self.activate(value, activation)
    }

    /// `x * clamp(x / 6 + 1 / 2, 0, 1)`
    fn hard_swish(&mut self, inputs: &[usize]) -> Result<Value> {
        let [input] = operands(inputs)?;
        let value = self.value(input)?;
        let attributes = vec![("alpha", Attribute::Float(1.0 / 6.0)), ("beta", Attribute::Float(0.5))];
        let gate = self.graph.node("HardSigmoid", std::slice::from_ref(&value), attributes);
        Ok(self.graph.node("Mul", &[value, gate], vec![]))
    }

    fn prelu(&mut self, inputs: &[usize]) -> Result<Value> {
        let [input, slope] = operands(inputs)?;
        let value = self.value(input)?;
        let [_, _, _, channels] = self.nhwc_shape(input)?;
        let (_, slopes) = self.constant_floats(slope)?;
        ensure!(slopes.len() == channels, "{} slopes do not fit {channels} channels", slopes.len());
        let slopes = self.graph.floats(&[channels, 1, 1], &slopes)?;
        Ok(self.graph.node("PRelu", &[value, slopes], vec![]))
    }

    fn conv(
        &mut self,
        inputs: &[usize],
        window: Window,
        activation: Activation,
        depthwise: bool,
    ) -> Result<Value> {
        let [input, filter, bias] = operands(inputs)?;
        let value = self.value(input)?;
        let [_, height, width, channels] = self.nhwc_shape(input)?;
        let order = if depthwise { LAST_AXIS_FIRST } else { OIHW_FROM_OHWI };
        let (filter_shape, filter) = self.filter(filter, order)?;
        let [out_channels, in_channels, filter_height, filter_width] = filter_shape;
        let group = if depthwise { channels } else { 1 };
        ensure!(
            in_channels.checked_mul(group) == Some(channels) && (!depthwise || out_channels == channels),
            "the filter {filter_shape:?} does not fit {channels} channels"
        );
        let bias = self.bias(bias, out_channels)?;
        let rows = margins(window, height, filter_height, window.stride.0, window.dilation.0)?;
        let columns = margins(window, width, filter_width, window.stride.1, window.dilation.1)?;
        let attributes = vec![
            ("kernel_shape", pair((filter_height, filter_width))?),
            ("strides", pair(window.stride)?),
            ("dilations", pair(window.dilation)?),
            ("pads", pads(rows, columns)?),
            ("group", Attribute::Int(integer(group)?)),
        ];
        let value = self.graph.node("Conv", &[value, filter, bias], attributes);
        self.activate(value, activation)
    }

    /// With SAME padding the output is exactly `stride` times as large as the input.
    fn transpose_conv(
        &mut self,
        inputs: &[usize],
        output: usize,
        padding: Padding,
        stride: (usize, usize),
    ) -> Result<Value> {
        let [input, filter, bias] = operands(inputs)?;
        let value = self.value(input)?;
        let [batch, height, width, channels] = self.nhwc_shape(input)?;
        let (filter_shape, filter) = self.filter(filter, LAST_AXIS_FIRST)?;
        let [in_channels, out_channels, filter_height, filter_width] = filter_shape;
        ensure!(in_channels == channels, "the filter {filter_shape:?} does not fit {channels} channels");
        ensure!(padding == Padding::Same, "a transposed convolution without padding is not supported");
        let crop = |filter: usize, stride: usize| {
            let excess = filter.checked_sub(stride).context("the filter is smaller than its stride")?;
            Ok::<_, anyhow::Error>((excess / 2, excess - excess / 2))
        };
        let attributes = vec![
            ("kernel_shape", pair((filter_height, filter_width))?),
            ("strides", pair(stride)?),
            ("pads", pads(crop(filter_height, stride.0)?, crop(filter_width, stride.1)?)?),
        ];
        let scaled = |size: usize, stride| size.checked_mul(stride).context("the output is too large");
        self.set_shape(output, [batch, scaled(height, stride.0)?, scaled(width, stride.1)?, out_channels])?;
        let bias = self.bias(bias, out_channels)?;
        Ok(self.graph.node("ConvTranspose", &[value, filter, bias], attributes))
    }

    fn filter(&mut self, filter: usize, order: [usize; 4]) -> Result<([usize; 4], Value)> {
        let (shape, values) = self.constant_floats(filter)?;
        let shape = <[usize; 4]>::try_from(shape).ok().context("a filter is not of rank four")?;
        let (shape, values) = permute(shape, &values, order)?;
        Ok((shape, self.graph.floats(&shape, &values)?))
    }

    fn bias(&mut self, bias: usize, channels: usize) -> Result<Value> {
        let (_, values) = self.constant_floats(bias)?;
        ensure!(values.len() == channels, "{} biases do not fit {channels} channels", values.len());
        self.graph.floats(&[channels], &values)
    }

    fn max_pool(&mut self, inputs: &[usize], window: Window, filter: (usize, usize)) -> Result<Value> {
        let [input] = operands(inputs)?;
        let value = self.value(input)?;
        let [_, height, width, _] = self.nhwc_shape(input)?;
        let rows = margins(window, height, filter.0, window.stride.0, 1)?;
        let columns = margins(window, width, filter.1, window.stride.1, 1)?;
        let attributes = vec![
            ("kernel_shape", pair(filter)?),
            ("strides", pair(window.stride)?),
            ("pads", pads(rows, columns)?),
        ];
        Ok(self.graph.node("MaxPool", &[value], attributes))
    }

    fn average_pool(&mut self, inputs: &[usize], window: Window, filter: (usize, usize)) -> Result<Value> {
        let [input] = operands(inputs)?;
        let [_, height, width, _] = self.nhwc_shape(input)?;
        let whole =
            filter == (height, width) && (window.padding == Padding::Valid || window.stride == filter);
        ensure!(whole, "an average over less than the whole image is not supported");
        self.unary("GlobalAveragePool", inputs)
    }

    fn pad(&mut self, inputs: &[usize]) -> Result<Value> {
        let [input, margins] = operands(inputs)?;
        let value = self.value(input)?;
        self.nhwc_shape(input)?;
        let margins = self.constant_integers(margins)?;
        let &[batch, rows, columns, channels] = margins.as_chunks::<2>().0 else {
            bail!("the padding is not of rank four");
        };
        let nchw = [batch, channels, rows, columns];
        let before_then_after = nchw.iter().map(|pair| pair[0]).chain(nchw.iter().map(|pair| pair[1]));
        let amounts = self.graph.integers(&before_then_after.map(i64::from).collect::<Vec<_>>())?;
        Ok(self.graph.node("Pad", &[value, amounts], vec![("mode", Attribute::Text("constant"))]))
    }

    fn concatenation(&mut self, inputs: &[usize], axis: i32) -> Result<Value> {
        let first = *inputs.first().context("there is nothing to concatenate")?;
        let rank = self.shape(first)?.len();
        let axis = if axis < 0 { i64::from(axis) + integer(rank)? } else { i64::from(axis) };
        let axis =
            usize::try_from(axis).ok().filter(|&axis| axis < rank).context("the axis is out of range")?;
        for &input in inputs {
            ensure!(self.shape(input)?.len() == rank, "the operands have different ranks");
        }
        let axis = match rank {
            4 => NCHW_FROM_NHWC.iter().position(|&original| original == axis).unwrap_or(axis),
            _ => axis,
        };
        let values = inputs.iter().map(|&input| self.value(input)).collect::<Result<Vec<_>>>()?;
        Ok(self.graph.node("Concat", &values, vec![("axis", Attribute::Int(integer(axis)?))]))
    }

    /// The order of elements is the original's, so rank four has to leave and re-enter NCHW around it.
    fn reshape(&mut self, inputs: &[usize], output: usize) -> Result<Value> {
        let input = *inputs.first().context("there is nothing to reshape")?;
        let count =
            |shape: &[usize]| shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        ensure!(count(self.shape(input)?) == count(self.shape(output)?), "the number of elements changes");
        let value = self.original_layout(input)?;
        let shape = self.shape(output)?.iter().map(|&size| integer(size)).collect::<Result<Vec<_>>>()?;
        let amounts = self.graph.integers(&shape)?;
        let value = self.graph.node("Reshape", &[value, amounts], vec![]);
        if shape.len() != 4 {
            return Ok(value);
        }
        Ok(self.graph.node("Transpose", &[value], vec![("perm", Attribute::Ints(vec![0, 3, 1, 2]))]))
    }

    fn resize(&mut self, inputs: &[usize], align_corners: bool, half_pixel_centers: bool) -> Result<Value> {
        let [input, size] = operands(inputs)?;
        let value = self.value(input)?;
        let [_, height, width, _] = self.nhwc_shape(input)?;
        let size = self.constant_integers(size)?;
        let &[out_height, out_width] = size.as_slice() else { bail!("the size is not a pair") };
        let factor = |out: i32, size: usize| {
            let (out, size) = (u16::try_from(out).ok(), u16::try_from(size).ok());
            let (out, size) = out.zip(size).context("the size is out of range")?;
            ensure!(out > 0 && out % size == 0, "a resize by a fraction is not supported");
            Ok(f32::from(out / size))
        };
        let scales = [1.0, 1.0, factor(out_height, height)?, factor(out_width, width)?];
        let scales = self.graph.floats(&[4], &scales)?;
        let coordinates = match (align_corners, half_pixel_centers) {
            (true, _) => "align_corners",
            (false, true) => "half_pixel",
            (false, false) => "asymmetric",
        };
        let attributes = vec![
            ("mode", Attribute::Text("linear")),
            ("coordinate_transformation_mode", Attribute::Text(coordinates)),
        ];
        Ok(self.graph.node("Resize", &[value, Value::omitted(), scales], attributes))
    }
}

fn operands<const N: usize>(inputs: &[usize]) -> Result<[usize; N]> {
    <[usize; N]>::try_from(inputs)
        .ok()
        .with_context(|| format!("has {} operands instead of {N}", inputs.len()))
}

/// The padding TFLite derives for one axis; an odd remainder goes after.
fn margins(window: Window, size: usize, filter: usize, stride: usize, dilation: usize) -> Result<Margins> {
    if window.padding == Padding::Valid {
        return Ok((0, 0));
    }
    let reach = (filter - 1).checked_mul(dilation).and_then(|reach| reach.checked_add(1));
    let covered = (size.div_ceil(stride) - 1).checked_mul(stride);
    let needed = covered.zip(reach).and_then(|(covered, reach)| covered.checked_add(reach));
    let total = needed.context("a window is too large")?.saturating_sub(size);
    Ok((total / 2, total - total / 2))
}

fn pads(rows: Margins, columns: Margins) -> Result<Attribute> {
    let values = [rows.0, columns.0, rows.1, columns.1];
    Ok(Attribute::Ints(values.into_iter().map(integer).collect::<Result<_>>()?))
}

fn pair((height, width): (usize, usize)) -> Result<Attribute> {
    Ok(Attribute::Ints(vec![integer(height)?, integer(width)?]))
}

fn integer(value: usize) -> Result<i64> {
    i64::try_from(value).context("a size is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(size: usize, filter: usize, stride: usize, dilation: usize, expected: Margins) {
        let window = Window { padding: Padding::Same, stride: (1, 1), dilation: (1, 1) };
        assert_eq!(margins(window, size, filter, stride, dilation).unwrap(), expected);
    }

    #[test]
    fn same_padding_puts_an_odd_remainder_after() {
        check(128, 3, 1, 1, (1, 1));
        check(128, 5, 2, 1, (1, 2));
        check(128, 3, 2, 1, (0, 1));
        check(127, 3, 2, 1, (1, 1));
        check(10, 1, 2, 1, (0, 0));
        check(10, 3, 1, 2, (2, 2));
    }
}
