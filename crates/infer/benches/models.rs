//! The networks with their pre- and post-processing. Needs the assets (`cargo xtask assets`).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

use verilume_frame::{Point2, Rect, RgbImage};
use verilume_infer::{
    DetectorRange, Engine, FaceDetector, FaceMesh, IrisRefiner, PersonSegmenter, TextureSpoofModel, Weights,
};
use verilume_vision::SquareRoi;
use verilume_vision::models::{
    DetectFaces as _, FitMesh as _, RefineEye as _, ScoreTexture as _, TextureView,
};

fn models(criterion: &mut Criterion) {
    let weights = Weights::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/models"));
    let engine = Engine::rten();
    let pixels = (0..640_u32 * 480 * 3).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let image = RgbImage::new(640, 480, pixels).expect("the length fits");
    let roi = SquareRoi::new(Point2::new(320.0, 240.0), 300.0, 0.1);
    for range in [DetectorRange::Short, DetectorRange::Full] {
        let detector = FaceDetector::load(&engine, &weights, range).expect("run `cargo xtask assets`");
        criterion.bench_function(&format!("detect, {range:?}"), |bencher| {
            bencher.iter(|| detector.detect(black_box(image.view())));
        });
    }
    let mesh = FaceMesh::load(&engine, &weights).expect("run `cargo xtask assets`");
    criterion.bench_function("mesh", |bencher| bencher.iter(|| mesh.fit(black_box(image.view()), roi)));
    let iris = IrisRefiner::load(&engine, &weights).expect("run `cargo xtask assets`");
    criterion.bench_function("iris", |bencher| bencher.iter(|| iris.refine(black_box(image.view()), roi)));
    let segmenter = PersonSegmenter::load(&engine, &weights).expect("run `cargo xtask assets`");
    criterion
        .bench_function("person mask", |bencher| bencher.iter(|| segmenter.segment(black_box(image.view()))));
    // Optional weights: without them there is nothing to measure.
    if let Ok(texture) = TextureSpoofModel::load(&engine, &weights) {
        let face_in_image = Rect::new(250.0, 170.0, 140.0, 140.0);
        criterion.bench_function("texture networks", |bencher| {
            bencher.iter(|| texture.score(black_box(image.view()), face_in_image, TextureView::PLAIN));
        });
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
