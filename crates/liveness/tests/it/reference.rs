//! The measurement against a second implementation in numpy (`tests/fixtures/make_reference.py` says how the numbers
//! were made) on traces that both compute from the same formula.

use verilume_frame::Timestamp;
use verilume_liveness::flash::{
    CELL_COUNT, DeviceGeometry, FlashConfig, FlashMeasurements, FlashTraces, PatchMean, TraceFrame, judge,
};
use verilume_protocol::challenge::{CODE_COUNT, FlashChallenge, FlashProfile, Half, ScreenTimeline};

use crate::synthetic::face_shape;

const CODES: [u16; CODE_COUNT] = [
    0b0101_1001_0110,
    0b1010_0110_1001,
    0b1100_1010_0101,
    0b0011_0101_1010,
    0b0110_0110_0110,
    0b1001_1001_0110,
];
const LAG_SECS: f64 = 0.0735;

fn noise(frame: usize, patch: usize, channel: usize) -> f64 {
    let sine =
        (frame as f64 * 12.9898 + patch as f64 * 78.233 + channel as f64 * 37.719).sin() * 43_758.545_3;
    sine - sine.floor() - 0.5
}

/// The formula of `traces` in the script.
fn formula() -> (FlashTraces, ScreenTimeline) {
    let challenge = FlashChallenge::from_codes(FlashProfile::standard(), CODES).unwrap();
    let timeline = ScreenTimeline::nominal(&challenge, 0.6);
    let frames = (0..145usize).map(|frame| {
        let micros = (1e6 * (0.1 + frame as f64 / 30.0)).round();
        let time = micros / 1e6;
        let [top, bottom] = Half::ALL.map(|half| {
            timeline.mean_drive(half, time - LAG_SECS - 0.02, time - LAG_SECS).map(|level| level - 0.5)
        });
        let patch = |base: &dyn Fn(usize) -> f64, light: &dyn Fn(usize) -> f64, number: usize| {
            let rgb = std::array::from_fn(|c| {
                let gain = (0.1 * (0.9 * time + c as f64).sin() + 0.02 * time).exp();
                let value = base(c) * light(c) * gain * (1.0 + 0.006 * noise(frame, number, c));
                #[expect(clippy::cast_possible_truncation, reason = "the script rounds to f32 too")]
                let value = value as f32;
                value
            });
            PatchMean { rgb, usable: 1.0 }
        };
        let cell = |k: usize| {
            let (u, v) =
                (((k % 9) as f64 + 0.5) / 9.0 * 2.0 - 1.0, ((k / 9) as f64 + 0.5) / 12.0 * 2.0 - 1.0);
            let shape = 1.2 - 0.5 * u * u - 0.2 * (3.0 * v).cos() + 0.1 * (5.0 * u).sin();
            let light = |c: usize| {
                let other = top[(c + 1) % 3] + bottom[(c + 1) % 3];
                1.0 + 0.05 * shape * ((1.0 - 0.2 * v) * top[c] + (1.0 + 0.2 * v) * bottom[c]) + 0.004 * other
            };
            patch(&|c| 0.2 * (1.0 + 0.3 * u) * (1.0 - 0.1 * c as f64), &light, k)
        };
        let block =
            |k: usize| patch(&|_| 0.1 + 0.02 * k as f64, &|c| 1.0 + 0.002 * (top[c] + bottom[c]), 200 + k);
        let at = Timestamp::from_secs(time + 1e-9);
        TraceFrame::new(at, (0..CELL_COUNT).map(cell).collect(), (0..6).map(block).collect())
    });
    (FlashTraces::new(frames.collect(), face_shape()), timeline)
}

fn measured() -> FlashMeasurements {
    let (traces, timeline) = formula();
    judge(&traces, &timeline, &DeviceGeometry::phone(), &FlashConfig::default()).measurements.unwrap()
}

#[track_caller]
fn close(name: &str, value: f64, reference: &serde_json::Value, tolerance: f64) {
    let reference = reference.as_f64().unwrap();
    let off = (value - reference).abs();
    assert!(off <= tolerance * reference.abs().max(1e-3), "{name}: {value}, numpy has {reference}");
}

#[test]
fn numpy_measures_the_same() {
    let reference: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/reference.json")).unwrap();
    let measured = measured();
    let cells: Vec<usize> = measured.cells.iter().map(|cell| cell.cell).collect();
    assert_eq!(
        serde_json::json!(cells),
        reference["cells"],
        "the head has other cells: make the reference again"
    );
    for (cell, predicted) in measured.cells.iter().zip(reference["predicted"].as_array().unwrap()) {
        close("predicted", cell.predicted, predicted, 1e-6);
    }
    for (cell, share) in measured.cells.iter().zip(reference["predicted_share"].as_array().unwrap()) {
        close("predicted share", cell.predicted_share, share, 1e-6);
    }
    close("lag", measured.lag_secs, &reference["lag_secs"], 1e-3);
    close("lag curve", measured.lag_curve[2].1, &reference["lag_curve_at_20_ms"], 1e-3);
    for channel in 0..3 {
        let [top, bottom] = measured.face_gain[channel];
        close("top gain", top, &reference["median_gain"][channel][0], 2e-3);
        close("bottom gain", bottom, &reference["median_gain"][channel][1], 2e-3);
        close("error", (top + bottom) / measured.face_z[channel], &reference["median_error"][channel], 5e-3);
    }
    for (at, cell) in measured.cells.iter().take(5).enumerate() {
        close("pooled gain", cell.gain, &reference["pooled"][at], 2e-3);
        close("pooled error", cell.error, &reference["pooled_error"][at], 5e-3);
    }
    close("beta", measured.shading_beta.unwrap(), &reference["beta"], 5e-3);
    close("root F", measured.shading_root_f.unwrap(), &reference["signed_root_f"], 5e-3);
    close("root F of the halves", measured.top_bottom_root_f.unwrap(), &reference["share_root_f"], 5e-3);
    close("background", measured.background_ratio.unwrap(), &reference["background_ratio"], 5e-3);
    assert!((measured.lag_secs - LAG_SECS).abs() < 0.002, "{}", measured.lag_secs);
}
