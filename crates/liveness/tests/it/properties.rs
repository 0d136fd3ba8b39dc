//! Nothing that can arrive makes the detector panic, and nothing but an answer makes it say real.

use proptest::prelude::*;
use verilume_frame::{FaceLandmarks, Point3, Rect, RgbImage, Timestamp};
use verilume_liveness::flash::{
    DeviceGeometry, ExtractConfig, FaceShape, FlashConfig, FlashExtractor, FlashFrame, FlashOutcome,
    FlashTraces, PatchMean, PersonMask, TraceFrame, judge,
};
use verilume_protocol::challenge::{FlashProfile, ScreenTimeline, SlotCode};

use crate::synthetic::face_shape;

fn light() -> impl Strategy<Value = f32> {
    prop_oneof![8 => 0.0..1.0f32, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY), 1 => Just(0.0), 1 => Just(-1e30), 1 => Just(1e-38)]
}

fn patches(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<PatchMean>> {
    proptest::collection::vec((proptest::array::uniform3(light()), light()), count)
        .prop_map(|patches| patches.into_iter().map(|(rgb, usable)| PatchMean { rgb, usable }).collect())
}

fn frames() -> impl Strategy<Value = Vec<TraceFrame>> {
    let frame = (0u64..6_000_000, patches(0..120), patches(0..8));
    proptest::collection::vec(frame, 0..90).prop_map(|frames| {
        let made = frames
            .into_iter()
            .map(|(at, cells, blocks)| TraceFrame::new(Timestamp::from_micros(at), cells, blocks));
        made.collect()
    })
}

fn face() -> impl Strategy<Value = FaceShape> {
    let odd = (proptest::collection::vec((light(), light(), light()), 0..500), light(), light()).prop_map(
        |(points, x, w)| FaceShape {
            points: points
                .into_iter()
                .map(|(x, y, z)| Point3::new(x * 100.0, y * 100.0, z * 100.0))
                .collect(),
            grid: Rect::new(x, x, w * 100.0, w * 100.0),
            eyes_in_image: (f64::from(x), f64::from(w)),
            roll_rad: f64::from(x),
            frame_size: (f64::from(w), f64::from(x)),
        },
    );
    prop_oneof![3 => Just(face_shape()), 1 => odd]
}

fn timeline(codes: &[u8]) -> ScreenTimeline {
    let profile = FlashProfile::standard();
    let codes: Vec<SlotCode> =
        (0..12).map(|slot| SlotCode::from_bits(codes.get(slot).copied().unwrap_or(0))).collect();
    let times: Vec<f64> = (0..12).map(|slot| 0.6 + 0.33 * f64::from(slot)).collect();
    ScreenTimeline::new(profile, &codes, &times, 0.6 + 12.0 * 0.33).unwrap()
}

fn decides_without_panic(traces: &FlashTraces, codes: &[u8]) -> FlashOutcome {
    let report = judge(traces, &timeline(codes), &DeviceGeometry::phone(), &FlashConfig::default());
    serde_json::to_string(&report).unwrap();
    report.outcome
}

/// Frames every 33 ms whose patches come from `light` of frame and patch.
fn steady(light: impl Fn(usize, usize) -> f32) -> FlashTraces {
    let patches = |frame: usize, from: usize, count: usize| {
        (from..from + count).map(|at| PatchMean { rgb: [light(frame, at); 3], usable: 1.0 }).collect()
    };
    let frames = (0..150).map(|frame| {
        TraceFrame::new(
            Timestamp::from_millis(frame as u64 * 33),
            patches(frame, 0, 108),
            patches(frame, 108, 20),
        )
    });
    FlashTraces::new(frames.collect(), face_shape())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_traces_are_decided_and_never_real(frames in frames(), face in face(), codes: [u8; 12]) {
        let outcome = decides_without_panic(&FlashTraces::new(frames, face), &codes);
        prop_assert_ne!(outcome, FlashOutcome::Real);
    }

    #[test]
    fn noise_at_a_full_rate_is_never_real(seed: u64, scale in 0.0..1.0f32, codes: [u8; 12]) {
        let traces = steady(|frame, patch| {
            let mixed = (seed ^ (frame * 977 + patch) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 40) as f32 / (1u64 << 24) as f32 * scale
        });
        prop_assert_ne!(decides_without_panic(&traces, &codes), FlashOutcome::Real);
    }

    #[test]
    fn any_pixels_and_landmarks_are_taken_or_left(
        shapes in proptest::collection::vec((1u32..90, 1u32..90, any::<u8>(), any::<bool>()), 1..4),
        points in proptest::collection::vec((light(), light(), light()), 468),
        mask in proptest::collection::vec(light(), 16),
    ) {
        let mut extractor = FlashExtractor::new(ExtractConfig::default());
        let points = points.into_iter().map(|(x, y, z)| Point3::new(x * 90.0, y * 90.0, z * 90.0)).collect();
        let landmarks = FaceLandmarks::new(points).unwrap();
        for (at, (width, height, value, with_mask)) in shapes.into_iter().enumerate() {
            let image = RgbImage::filled(width, height, [value; 3]).unwrap();
            extractor.push(&FlashFrame {
                captured_at: Timestamp::from_millis(at as u64 * 33),
                view: image.view(),
                landmarks: &landmarks,
                person: PersonMask::new(4, 4, &mask).filter(|_| with_mask),
            });
        }
        if let Some(traces) = extractor.finish() {
            decides_without_panic(&traces, &[0; 12]);
        }
    }
}

#[test]
fn constant_black_white_and_empty_traces_are_uncertain() {
    let mut all: Vec<FlashTraces> = [0.0, 1e-6, 0.5, 1.0].map(|value| steady(|_, _| value)).into();
    all.push(FlashTraces::new(Vec::new(), face_shape()));
    for traces in all {
        assert!(matches!(decides_without_panic(&traces, &[0x2a, 0x15]), FlashOutcome::Uncertain(_)));
    }
}

#[test]
fn traces_never_print_themselves() {
    assert_eq!(format!("{:?}", steady(|_, _| 0.125)), "FlashTraces(150 frames, [redacted 312816 bytes])");
}
