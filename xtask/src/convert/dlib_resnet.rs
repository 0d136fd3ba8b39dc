//! dlib's face recognition network (King, `dlib_face_recognition_resnet_model_v1`, CC0-1.0) to ONNX.
//!
//! The weights are read as the npm package `@vladmandic/face-api` carries them: a list of tensors in JSON and their
//! values in one file, most of them as bytes with a scale and a minimum. The package holds no graph, so it stands here:
//! a stem and five groups of residual blocks, the scale layers folded into the convolutions before them. The input is
//! 150 x 150 RGB in 0..=255; the output `descriptor` has 128 values.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use serde::Deserialize;

use super::onnx::{Attribute, GraphBuilder, Value};

const MANIFEST: &str = "package/model/face_recognition_model-weights_manifest.json";
const VALUES: &str = "package/model/face_recognition_model.bin";
/// Neither file is larger.
const MAX_MEMBER_BYTES: u64 = 16 << 20;
/// The package is smaller, unpacked.
const MAX_UNPACKED_BYTES: u64 = 256 << 20;

/// Side of the square input.
const SIDE: usize = 150;
/// Length of the descriptor.
const DESCRIPTOR: usize = 128;
/// What dlib subtracts from red, green and blue before it divides by [`PIXEL_DIVISOR`] (`input_rgb_image_sized`).
const PIXEL_MEAN: [f32; 3] = [122.782, 117.001, 104.298];
const PIXEL_DIVISOR: f32 = 256.0;
/// The groups after the first: the block that halves the picture, and those that keep it.
const GROUPS: [(&str, &[&str]); 4] = [
    ("conv64_down", &["conv64_1", "conv64_2", "conv64_3"]),
    ("conv128_down", &["conv128_1", "conv128_2"]),
    ("conv256_down", &["conv256_1", "conv256_2"]),
    ("conv256_down_out", &[]),
];

/// Converts the npm package.
pub(crate) fn onnx_from_dlib_resnet(package: &[u8]) -> Result<Vec<u8>> {
    let (manifest, values) = members(package)?;
    let tensors = tensors(&manifest, &values)?;
    let mut network =
        Network { tensors: &tensors, used: BTreeSet::new(), graph: GraphBuilder::new("dlib_resnet") };
    let features = network.features()?;
    let descriptor = network.head(features)?;
    network.graph.output("descriptor", &[1, DESCRIPTOR], descriptor)?;
    // A tensor that the graph above does not read would mean that this is some other network.
    if let Some(unused) = tensors.keys().find(|key| !network.used.contains(key.as_str())) {
        anyhow::bail!("the weights are not those of dlib's network: nothing uses {unused:?}");
    }
    Ok(network.graph.finish())
}

/// The two files of the package, within bounds.
fn members(package: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut archive = tar::Archive::new(GzDecoder::new(package).take(MAX_UNPACKED_BYTES));
    let (mut manifest, mut values) = (None, None);
    for entry in archive.entries().context("the package is not a readable archive")? {
        let entry = entry.context("the package is damaged")?;
        let path = entry.path().context("the package is damaged")?.into_owned();
        let slot = match path.to_str() {
            Some(MANIFEST) => &mut manifest,
            Some(VALUES) => &mut values,
            _ => continue,
        };
        let mut bytes = Vec::new();
        entry.take(MAX_MEMBER_BYTES + 1).read_to_end(&mut bytes).context("the package is damaged")?;
        ensure!(bytes.len() as u64 <= MAX_MEMBER_BYTES, "{path:?} is over {MAX_MEMBER_BYTES} bytes");
        *slot = Some(bytes);
    }
    let missing = |path: &str| format!("the package holds no {path}");
    Ok((manifest.with_context(|| missing(MANIFEST))?, values.with_context(|| missing(VALUES))?))
}

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    quantization: Option<Quantization>,
}

#[derive(Deserialize)]
struct Quantization {
    dtype: String,
    scale: f64,
    min: f64,
}

/// A tensor in the order of TensorFlow.
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// The tensors that the manifest lists, their values one after the other.
fn tensors(manifest: &[u8], values: &[u8]) -> Result<BTreeMap<String, Tensor>> {
    let groups: Vec<Group> = serde_json::from_slice(manifest).context("the list of weights is malformed")?;
    let mut rest = values;
    let mut tensors = BTreeMap::new();
    for entry in groups.into_iter().flat_map(|group| group.weights) {
        let count = entry.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let bytes_each = if entry.quantization.is_some() { 1 } else { 4 };
        let bytes = count.and_then(|count| count.checked_mul(bytes_each));
        let split = bytes.and_then(|bytes| rest.split_at_checked(bytes));
        let (own, after) = split.with_context(|| format!("the values end before those of {}", entry.name))?;
        rest = after;
        let values = match entry.quantization {
            Some(Quantization { dtype, scale, min }) => {
                ensure!(dtype == "uint8", "{} is stored as {dtype}", entry.name);
                own.iter().map(|&step| f64::from(step) * scale + min).collect()
            }
            None => {
                own.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
            }
        };
        tensors.insert(entry.name, Tensor { shape: entry.shape, values });
    }
    ensure!(rest.is_empty(), "{} bytes of values belong to no tensor", rest.len());
    Ok(tensors)
}

/// How a convolution goes over its input.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// Every pixel; zeros beyond the border.
    Keep,
    /// Every other pixel; nothing beyond the border.
    Halve,
}

/// A feature map.
#[derive(Clone)]
struct Map {
    value: Value,
    channels: usize,
    side: usize,
}

struct Network<'a> {
    tensors: &'a BTreeMap<String, Tensor>,
    used: BTreeSet<&'a str>,
    graph: GraphBuilder,
}

impl<'a> Network<'a> {
    /// From the input to the last feature map.
    fn features(&mut self) -> Result<Map> {
        let input = self.graph.input("input", &[1, 3, SIDE, SIDE])?;
        let mean = self.graph.floats(&[1, 3, 1, 1], &PIXEL_MEAN)?;
        let factor = self.graph.floats(&[], &[1.0 / PIXEL_DIVISOR])?;
        let centred = self.graph.node("Sub", &[input, mean], vec![]);
        let value = self.graph.node("Mul", &[centred, factor], vec![]);
        let x = self.conv(Map { value, channels: 3, side: SIDE }, "conv32_down", Step::Halve)?;
        let x = self.relu(x);
        let mut x = self.pool("MaxPool", x, 3)?;
        for block in ["conv32_1", "conv32_2", "conv32_3"] {
            x = self.keep(x, block)?;
        }
        for (halving, keeping) in GROUPS {
            x = self.halve(x, halving)?;
            for block in keeping {
                x = self.keep(x, block)?;
            }
        }
        Ok(x)
    }

    /// The mean over the picture, and the linear layer.
    fn head(&mut self, features: Map) -> Result<Value> {
        let pooled = self.graph.node("GlobalAveragePool", &[features.value], vec![]);
        let flat = self.graph.node("Flatten", &[pooled], vec![]);
        let linear = self.tensor("fc", &[features.channels, DESCRIPTOR])?;
        let values: Vec<f32> = linear.values.iter().copied().map(narrow).collect();
        let linear = self.graph.floats(&linear.shape, &values)?;
        Ok(self.graph.node("MatMul", &[flat, linear], vec![]))
    }

    /// A block whose output has the size of its input.
    fn keep(&mut self, x: Map, block: &str) -> Result<Map> {
        let inner = self.conv(x.clone(), &format!("{block}/conv1"), Step::Keep)?;
        let inner = self.relu(inner);
        let inner = self.conv(inner, &format!("{block}/conv2"), Step::Keep)?;
        self.sum(x, inner)
    }

    /// A block that halves the picture. What goes past it is averaged; channels or pixels that one of the two lacks are
    /// zero.
    fn halve(&mut self, x: Map, block: &str) -> Result<Map> {
        let past = self.pool("AveragePool", x.clone(), 2)?;
        let inner = self.conv(x, &format!("{block}/conv1"), Step::Halve)?;
        let inner = self.relu(inner);
        let inner = self.conv(inner, &format!("{block}/conv2"), Step::Keep)?;
        let (channels, side) = (past.channels.max(inner.channels), past.side.max(inner.side));
        let (past, inner) = (self.filled(past, channels, side)?, self.filled(inner, channels, side)?);
        self.sum(past, inner)
    }

    fn sum(&mut self, a: Map, b: Map) -> Result<Map> {
        ensure!((a.channels, a.side) == (b.channels, b.side), "the branches of a block differ in size");
        let value = self.graph.node("Add", &[a.value, b.value], vec![]);
        Ok(self.relu(Map { value, ..a }))
    }

    /// Zeros added after the last channel, to the right and below.
    fn filled(&mut self, x: Map, channels: usize, side: usize) -> Result<Map> {
        if (x.channels, x.side) == (channels, side) {
            return Ok(x);
        }
        let more = |to: usize, from: usize| i64::try_from(to - from).context("a size is out of range");
        let (c, s) = (more(channels, x.channels)?, more(side, x.side)?);
        let pads = self.graph.integers(&[0, 0, 0, 0, 0, c, s, s])?;
        let value = self.graph.node("Pad", &[x.value, pads], vec![]);
        Ok(Map { value, channels, side })
    }

    fn relu(&mut self, x: Map) -> Map {
        let value = self.graph.node("Relu", &[x.value], vec![]);
        Map { value, ..x }
    }

    /// Pools windows of `window` pixels a side, every other pixel.
    fn pool(&mut self, operator: &str, x: Map, window: usize) -> Result<Map> {
        ensure!(x.side >= window, "the picture is smaller than a window");
        let kernel = i64::try_from(window).context("a size is out of range")?;
        let attributes = vec![
            ("kernel_shape", Attribute::Ints(vec![kernel; 2])),
            ("strides", Attribute::Ints(vec![2; 2])),
        ];
        let value = self.graph.node(operator, &[x.value], attributes);
        Ok(Map { value, side: (x.side - window) / 2 + 1, ..x })
    }

    /// A convolution with the scale layer after it.
    fn conv(&mut self, x: Map, layer: &str, step: Step) -> Result<Map> {
        let name = format!("{layer}/conv/filters");
        let filter = self.any_tensor(&name)?;
        let &[window, width, from, to] = filter.shape.as_slice() else {
            anyhow::bail!("{name} is not of rank four");
        };
        ensure!(window == width && window % 2 == 1 && from == x.channels, "{name} does not fit its input");
        let bias = self.tensor(&format!("{layer}/conv/bias"), &[to])?;
        let scale = self.tensor(&format!("{layer}/scale/weights"), &[to])?;
        let shift = self.tensor(&format!("{layer}/scale/biases"), &[to])?;
        let at = |out: usize, into: usize, pixel: usize| filter.values[(pixel * from + into) * to + out];
        let weights = (0..to).flat_map(|out| (0..from).map(move |into| (out, into)));
        let weights =
            weights.flat_map(|(out, into)| (0..window * window).map(move |pixel| (out, into, pixel)));
        let weights: Vec<f32> =
            weights.map(|(out, into, pixel)| narrow(at(out, into, pixel) * scale.values[out])).collect();
        let biases: Vec<f32> =
            (0..to).map(|out| narrow(bias.values[out] * scale.values[out] + shift.values[out])).collect();
        let (pad, stride) = if step == Step::Keep { ((window - 1) / 2, 1) } else { (0, 2) };
        let integer = |value| i64::try_from(value).context("a size is out of range");
        let attributes = vec![
            ("kernel_shape", Attribute::Ints(vec![integer(window)?; 2])),
            ("strides", Attribute::Ints(vec![integer(stride)?; 2])),
            ("pads", Attribute::Ints(vec![integer(pad)?; 4])),
        ];
        let operands = [
            x.value,
            self.graph.floats(&[to, from, window, window], &weights)?,
            self.graph.floats(&[to], &biases)?,
        ];
        let value = self.graph.node("Conv", &operands, attributes);
        ensure!(x.side + 2 * pad >= window, "the picture is smaller than the filter {name}");
        Ok(Map { value, channels: to, side: (x.side + 2 * pad - window) / stride + 1 })
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<&'a Tensor> {
        let tensor = self.any_tensor(name)?;
        ensure!(tensor.shape == shape, "{name} has the shape {:?} instead of {shape:?}", tensor.shape);
        Ok(tensor)
    }

    fn any_tensor(&mut self, name: &str) -> Result<&'a Tensor> {
        let missing = || format!("the weights are not those of dlib's network: {name} is missing");
        let (key, tensor) = self.tensors.get_key_value(name).with_context(missing)?;
        self.used.insert(key);
        Ok(tensor)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// The network with two channels in the first groups, four later and eight at the end; every step is 2 * 0.5 -
    /// 0.25.
    fn small_network() -> Vec<(String, Vec<usize>)> {
        let mut list = vec![];
        let mut layer = |name: &str, window: usize, from: usize, to: usize| {
            list.push((format!("{name}/conv/filters"), vec![window, window, from, to]));
            for part in ["conv/bias", "scale/weights", "scale/biases"] {
                list.push((format!("{name}/{part}"), vec![to]));
            }
        };
        layer("conv32_down", 7, 3, 2);
        let mut block = |name: &str, from: usize, to: usize| {
            layer(&format!("{name}/conv1"), 3, from, to);
            layer(&format!("{name}/conv2"), 3, to, to);
        };
        for name in ["conv32_1", "conv32_2", "conv32_3"] {
            block(name, 2, 2);
        }
        for ((halving, keeping), (from, to)) in GROUPS.iter().zip([(2, 4), (4, 4), (4, 8), (8, 8)]) {
            block(halving, from, to);
            keeping.iter().for_each(|name| block(name, to, to));
        }
        list.push(("fc".into(), vec![8, DESCRIPTOR]));
        list
    }

    fn package(tensors: &[(String, Vec<usize>)], surplus_bytes: usize) -> Vec<u8> {
        let entries: Vec<_> = tensors
            .iter()
            .map(|(name, shape)| {
                serde_json::json!({"name": name, "shape": shape, "dtype": "float32",
                    "quantization": {"dtype": "uint8", "scale": 0.5, "min": -0.25}})
            })
            .collect();
        let manifest = serde_json::json!([{"weights": entries, "paths": ["face_recognition_model.bin"]}]);
        // A shape that no memory holds has no values here.
        let len = |shape: &Vec<usize>| shape.iter().try_fold(1_usize, |len, &size| len.checked_mul(size));
        let count: usize = tensors.iter().filter_map(|(_, shape)| len(shape)).sum();
        let mut archive = tar::Builder::new(GzEncoder::new(vec![], Compression::fast()));
        for (path, bytes) in
            [(MANIFEST, manifest.to_string().into_bytes()), (VALUES, vec![2; count + surplus_bytes])]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, bytes.as_slice()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn the_graph_follows_the_weights() {
        let onnx = onnx_from_dlib_resnet(&package(&small_network(), 0)).unwrap();
        let graph = crate::convert::onnx::describe(&onnx);
        let count = |operator: &str| graph.matches(&format!(" = {operator}(")).count();
        // Stem, and two for each of fourteen blocks.
        assert_eq!((count("Conv"), count("Add"), count("AveragePool"), count("MaxPool")), (29, 14, 4, 1));
        // Channels grow twice; the last two halvings leave a pixel out.
        assert_eq!(count("Pad"), 4);
        // Weights 0.75 * 0.75, biases 0.75 * 0.75 + 0.75.
        assert!(crate::convert::onnx::constant_values(&onnx, "constant_2_").iter().all(|w| *w == 0.5625));
        assert!(crate::convert::onnx::constant_values(&onnx, "constant_3_").iter().all(|b| *b == 1.3125));
    }

    #[test]
    fn another_network_is_refused() {
        let check = |tensors: &[(String, Vec<usize>)], surplus: usize, expected: &str| {
            let error = onnx_from_dlib_resnet(&package(tensors, surplus)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        let mut missing = small_network();
        missing.retain(|(name, _)| name != "conv64_1/conv2/scale/weights");
        check(&missing, 0, "conv64_1/conv2/scale/weights is missing");
        let mut surplus = small_network();
        surplus.push(("fc/bias".into(), vec![DESCRIPTOR]));
        check(&surplus, 0, "nothing uses \"fc/bias\"");
        check(&small_network(), 3, "3 bytes of values belong to no tensor");
        let mut huge = small_network();
        huge[0].1 = vec![usize::MAX, 2, 3, 4];
        check(&huge, 0, "the values end before those of conv32_down/conv/filters");
        assert!(onnx_from_dlib_resnet(b"no archive").is_err());
    }
}
