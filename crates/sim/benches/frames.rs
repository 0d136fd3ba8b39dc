//! Simulated frames a second, one core: `cargo bench -p verilume-sim`.

#![expect(clippy::print_stdout, reason = "says why it measured nothing")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use verilume_sim::{Heads, Scenario, ScenarioLimits, ScreenTimeline, Session, Species, random_challenge};

fn frames(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/sim/heads.bin");
    let Ok(bytes) = std::fs::read(path) else {
        println!("left out: assets/sim/heads.bin is absent; `cargo xtask assets` fetches it");
        return;
    };
    let heads = Heads::read(&bytes).expect("the asset is whole");
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Elements(1));
    for species in [Species::BonaFide, Species::FlatPrint, Species::ReplaySession, Species::InjectedTint] {
        let scenario = Scenario::random(1, &ScenarioLimits { species, ..ScenarioLimits::default() });
        let shown = ScreenTimeline::planned(&random_challenge(scenario.profile, 1));
        let mut session = Session::new(&heads, &scenario, 1);
        group
            .bench_function(species.name(), |bencher| bencher.iter(|| black_box(session.next_frame(&shown))));
    }
    group.finish();
    let scenario = Scenario::random(1, &ScenarioLimits::default());
    criterion.bench_function("new session", |bencher| {
        bencher.iter(|| black_box(Session::new(&heads, &scenario, 1)));
    });
}

criterion_group!(benches, frames);
criterion_main!(benches);
