//! Costs of the flashing light model on one core: the exact p-value, one frame's extraction, one session's judgement.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use verilume_frame::{RgbImage, Timestamp};
use verilume_liveness::flash::{
    DeviceGeometry, ExtractConfig, FlashConfig, FlashExtractor, FlashFrame, exact_p, judge,
};
use verilume_protocol::challenge::{CodeSet, FlashProfile};

#[path = "../tests/it/synthetic.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod synthetic;

use synthetic::{Noise, Subject, landmarks, session};

fn exact(c: &mut Criterion) {
    let set = CodeSet::new(12).expect("12 is a valid number of slots");
    let mut noise = Noise::new(1);
    #[expect(clippy::cast_possible_truncation, reason = "within the quantised range")]
    let responses = std::array::from_fn(|_| (0..12).map(|_| (noise.unit() * 510.0 - 255.0) as i32).collect());
    let shown = [set.codes()[5]; 6];
    c.bench_function("exact p, 12 slots", |b| b.iter(|| exact_p(black_box(&set), &responses, shown)));
}

fn judgement(c: &mut Criterion) {
    let session = session(Subject::Live, 200.0, FlashProfile::standard(), 3);
    let (device, config) = (DeviceGeometry::phone(), FlashConfig::default());
    c.bench_function("judge a 4 s session", |b| {
        b.iter(|| judge(black_box(&session.traces), &session.timeline, &device, &config));
    });
}

fn extraction(c: &mut Criterion) {
    for (name, scale) in [("extract a 480x640 frame", 1u32), ("extract a 960x1280 frame", 2)] {
        let image = RgbImage::filled(480 * scale, 640 * scale, [120, 90, 70]).expect("a valid size");
        let mesh = landmarks(0.1, (0.0, 0.0));
        let mut extractor = FlashExtractor::new(ExtractConfig::default());
        let frame = FlashFrame {
            captured_at: Timestamp::from_millis(0),
            view: image.view(),
            landmarks: &mesh,
            person: None,
        };
        c.bench_function(name, |b| b.iter(|| extractor.push(black_box(&frame))));
    }
}

criterion_group!(benches, exact, judgement, extraction);
criterion_main!(benches);
