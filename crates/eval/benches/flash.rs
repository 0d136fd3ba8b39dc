//! The flashing light model on one 4 s session, one core: `cargo bench -p verilume-eval`.

#![expect(clippy::print_stdout, reason = "says why it measured nothing")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use verilume_eval::flash::{Simulator, load_models};
use verilume_frame::{FaceLandmarks, Frame};
use verilume_infer::{DetectorRange, Engine, Weights, face_models};
use verilume_liveness::flash::{
    DeviceGeometry, ExtractConfig, FlashConfig, FlashExtractor, FlashFrame, FlashReport, FlashTraces, judge,
};
use verilume_liveness::observe::{FlashModels, FlashObserver};
use verilume_protocol::challenge::ScreenTimeline;
use verilume_sim::{Heads, ScenarioLimits};
use verilume_vision::{FaceTracker, TrackerConfig};

const SEED: u64 = 1;

/// A rendered session with the mesh of each frame.
struct Rendered {
    frames: Vec<(Frame, FaceLandmarks)>,
    timeline: ScreenTimeline,
}

fn session(criterion: &mut Criterion) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let Ok(heads) = std::fs::read(assets.join("sim/heads.bin")) else {
        println!("left out: the assets are absent; `cargo xtask assets` fetches them");
        return;
    };
    let (engine, weights) = (Engine::rten(), Weights::in_folder(assets.join("models")));
    let models = || load_models(&engine, &weights).expect("the assets are whole");
    let simulator = Simulator::new(Heads::read(&heads).expect("the asset is whole"), models());
    let limits = ScenarioLimits::default();
    let rendered = render(&simulator, &engine, &weights, &limits);
    let mut group = criterion.benchmark_group("4 s session");
    group.sample_size(10);
    group.bench_function("extract and judge, without networks", |bencher| {
        bencher.iter(|| judged(&extracted(&rendered), &rendered.timeline));
    });
    let models = models();
    group.bench_function("extract and judge, with networks", |bencher| {
        bencher.iter(|| judged(&captured(&models, &rendered), &rendered.timeline));
    });
    group.bench_function("render, extract and judge", |bencher| {
        bencher.iter(|| black_box(simulator.run(SEED, &limits, |_| ()).expect("the networks run")));
    });
    group.finish();
}

fn render(simulator: &Simulator, engine: &Engine, weights: &Weights, limits: &ScenarioLimits) -> Rendered {
    let models = face_models(engine, weights, DetectorRange::Short).expect("the assets are whole");
    let mut tracker = FaceTracker::new(models.into(), TrackerConfig::default());
    let mut frames = Vec::new();
    let run = simulator.run(SEED, limits, |simulated| {
        let frame = &simulated.frame;
        let face = tracker.locate(frame.view(), frame.captured_at).expect("the network runs");
        frames.extend(face.map(|(_, landmarks)| (frame.clone(), landmarks.clone())));
    });
    Rendered { frames, timeline: run.expect("the networks run").timeline }
}

fn extracted(rendered: &Rendered) -> FlashTraces {
    let mut extractor = FlashExtractor::new(ExtractConfig::default());
    for (frame, landmarks) in &rendered.frames {
        let (captured_at, view) = (frame.captured_at, frame.view());
        extractor.push(&FlashFrame { captured_at, view, landmarks, person: None });
    }
    extractor.finish().expect("there is a face")
}

fn captured(models: &FlashModels, rendered: &Rendered) -> FlashTraces {
    let mut capture = FlashObserver::new(models, ExtractConfig::default());
    for (frame, _) in &rendered.frames {
        capture.push(frame.view(), frame.captured_at).expect("the networks run");
    }
    capture.finish().expect("there is a face")
}

fn judged(traces: &FlashTraces, timeline: &ScreenTimeline) -> FlashReport {
    judge(black_box(traces), timeline, &DeviceGeometry::phone(), &FlashConfig::default())
}

criterion_group!(benches, session);
criterion_main!(benches);
