//! The converted networks against the original ones. The assets are needed (`cargo xtask assets`).
//!
//! `fixtures/reference/*.json` holds what the networks yielded as they were published, for one computed input: the
//! TFLite ones in LiteRT, ONNX in ONNX Runtime, the others from their weights in double precision
//! (fixtures/make_reference_outputs.py).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on should panic; it reports its figures"
)]

use std::path::Path;

use serde::Deserialize;
use verilume_infer::{Engine, InferErrorKind, PinnedModel, Tensor, TextureSpoofModel, Weights};

/// Largest allowed difference, relative to the largest value of the output.
const MAX_RELATIVE_ERROR: f32 = 1e-4;
/// The same for filters that were rounded to eight bits (docs/adr/0015-weights-of-eight-bits.md).
const MAX_RELATIVE_ERROR_OF_8_BIT: f32 = 0.1;

#[derive(Deserialize)]
struct Reference {
    input: Input,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Input {
    shape: Vec<usize>,
    range: String,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    shape: Vec<usize>,
    stride: usize,
    values: Vec<f32>,
}

#[test]
fn converted_networks_yield_what_the_original_ones_did() {
    let weights = Weights::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/models"));
    let mut checked = 0;
    for model in PinnedModel::ALL {
        let onnx = match weights.read(*model) {
            Err(error)
                if error.kind() == InferErrorKind::WeightsMissing
                    && TextureSpoofModel::PINNED.contains(model) =>
            {
                println!("left out: {}, because its optional weights are not installed", model.name);
                continue;
            }
            onnx => onnx.expect("run `cargo xtask assets`"),
        };
        check(*model, onnx);
        checked += 1;
    }
    assert!(checked >= 5);
}

#[track_caller]
fn check(model: PinnedModel, onnx: Vec<u8>) {
    let (original, bound) = match model.name.strip_suffix("_8bit") {
        Some(original) => (original, MAX_RELATIVE_ERROR_OF_8_BIT),
        None => (model.name, MAX_RELATIVE_ERROR),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/reference")
        .join(format!("{original}.json"));
    let reference: Reference = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let network = Engine::rten().load(onnx).unwrap();
    let outputs = network.run(&input_tensor(&reference.input)).unwrap();
    for expected in &reference.outputs {
        let length: usize = expected.shape.iter().product();
        let output = outputs.iter().find(|output| output.values().len() == length);
        let output = output.unwrap_or_else(|| panic!("{}: no output like {}", model.name, expected.name));
        let scale = expected.values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let found: Vec<f32> = output.values().iter().step_by(expected.stride).copied().collect();
        assert_eq!(found.len(), expected.values.len(), "{}, {}", model.name, expected.name);
        let worst = found.iter().zip(&expected.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{}, {}: relative error {:.1e}", model.name, expected.name, worst / scale);
        assert!(worst <= bound * scale, "{}, {}: {worst} of {scale}", model.name, expected.name);
    }
}

/// The input that the fixtures describe in words: three ramps with an inverted disc, in whole numbers.
fn input_tensor(input: &Input) -> Tensor {
    let side = i64::try_from(input.shape[3]).unwrap();
    let mut values = Vec::new();
    for channel in 0..3 {
        for y in 0..side {
            for x in 0..side {
                let (a, b) = (255 * x / (side - 1), 255 * y / (side - 1));
                let ramp = [2 * a + b, a + 3 * b + 85, a * b / 64 + 170][channel] % 512;
                let folded = if ramp <= 255 { ramp } else { 511 - ramp };
                let in_disc = (2 * x + 1 - side).pow(2) + (2 * y + 1 - side).pow(2) < side * side / 3;
                let byte = if in_disc { 255 - folded } else { folded } as f32;
                values.push(match input.range.as_str() {
                    "signed" => byte / 127.5 - 1.0,
                    "unit" => byte / 255.0,
                    _ => byte,
                });
            }
        }
    }
    Tensor::new(&input.shape, values).unwrap()
}
