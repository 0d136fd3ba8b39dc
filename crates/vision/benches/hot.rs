//! The pixel loops that run for every frame.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

use verilume_frame::{Point2, RgbImage};
use verilume_vision::SquareRoi;
use verilume_vision::sample::sample_square;

fn frame() -> RgbImage {
    let pixels = (0..640_u32 * 480 * 3).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    RgbImage::new(640, 480, pixels).expect("the length fits")
}

fn sampling(criterion: &mut Criterion) {
    let image = frame();
    for (name, side_px, size) in
        [("mesh crop, enlarged", 150.0, 192), ("mesh crop, shrunk twice", 400.0, 192), ("eye crop", 60.0, 64)]
    {
        let roi = SquareRoi::new(Point2::new(320.0, 240.0), side_px, 0.2);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut sum = 0.0;
                sample_square(black_box(image.view()), &roi, size, |_, rgb| sum += rgb[0] + rgb[1] + rgb[2]);
                sum
            });
        });
    }
}

criterion_group!(benches, sampling);
criterion_main!(benches);
