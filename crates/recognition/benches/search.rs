//! One face among many, beside a matrix product of `nalgebra` and the plain loop over `Embedding::distance`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nalgebra::{DMatrix, DVector};
use verilume_recognition::{Embedding, Metric, TemplateIndex};

const DIMENSIONS: usize = 128;
const NEAREST: usize = 10;
/// Searches of which the slowest twentieth is left out.
const PROBES: usize = 400;

fn numbers(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..DIMENSIONS).map(|_| next()).collect()
}

fn embedding(seed: u64) -> Embedding {
    // As the reference says: a version, 32 bytes that name the network, the numbers.
    let head = std::iter::once(1).chain([0xbe; 32]);
    let bytes: Vec<u8> = head.chain(numbers(seed).iter().flat_map(|value| value.to_le_bytes())).collect();
    Embedding::from_bytes(&bytes).expect("numbers are a template")
}

fn index(templates: u32) -> TemplateIndex {
    let mut index =
        TemplateIndex::with_capacity("be".repeat(32), Metric::Euclidean, DIMENSIONS, templates as usize)
            .expect("it fits");
    for owner in 0..templates {
        index.push(owner, &embedding(u64::from(owner) + 1)).expect("it has room");
    }
    index
}

fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("identify");
    group.sample_size(40);
    let probe = embedding(1 << 40);
    for templates in [10_000, 100_000, 1_000_000] {
        let index = index(templates);
        group.bench_function(BenchmarkId::new("exact", templates), |bencher| {
            bencher.iter(|| index.nearest(black_box(&probe), NEAREST, |_| true).expect("comparable"));
        });
        if templates == 100_000 {
            report_p95(&index);
        }
    }
    peers(&mut group, &probe);
    group.finish();
}

/// The same question to others, among 100 000.
fn peers(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>, probe: &Embedding) {
    let templates = 100_000_u32;
    let plain: Vec<Embedding> = (0..templates).map(|owner| embedding(u64::from(owner) + 1)).collect();
    group.bench_function("plain loop/100000", |bencher| {
        bencher.iter(|| {
            let distances = plain.iter().map(|one| one.distance(black_box(probe), Metric::Euclidean));
            let mut all: Vec<f64> = distances.map(|distance| distance.expect("comparable")).collect();
            all.select_nth_unstable_by(NEAREST, f64::total_cmp);
            all
        });
    });
    let rows: Vec<f32> = (0..templates).flat_map(|owner| numbers(u64::from(owner) + 1)).collect();
    // A row of the index is a column here: both lie one after the other in memory.
    let matrix = DMatrix::from_vec(DIMENSIONS, templates as usize, rows);
    let squares =
        DVector::from_iterator(templates as usize, matrix.column_iter().map(|one| one.norm_squared()));
    let probe = DVector::from_vec(numbers(1 << 40));
    group.bench_function("nalgebra/100000", |bencher| {
        bencher.iter(|| {
            let mut all = squares.clone();
            all.gemv_tr(-2.0, &matrix, black_box(&probe), 1.0);
            all.as_mut_slice().select_nth_unstable_by(NEAREST, f32::total_cmp);
            all
        });
    });
}

#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a bench reads the clock and tells")]
fn report_p95(index: &TemplateIndex) {
    let mut took: Vec<Duration> = (0..PROBES)
        .map(|probe| {
            let probe = embedding((1 << 41) + probe as u64);
            let began = Instant::now();
            black_box(index.nearest(&probe, NEAREST, |_| true).expect("comparable"));
            began.elapsed()
        })
        .collect();
    took.sort();
    eprintln!("identify among {}: p95 {:.1} ms", index.len(), took[PROBES * 95 / 100].as_secs_f64() * 1e3);
}

criterion_group!(benches, search);
criterion_main!(benches);
